"""What a fit leaves behind: a report to read, the fit itself, figures, and a manifest to repeat it."""

from scalelaw.report.answers import Answers as Answers
from scalelaw.report.answers import IntervalSettings as IntervalSettings
from scalelaw.report.answers import answers as answers
from scalelaw.report.checklist import checklist as checklist
from scalelaw.report.checklist import validate as validate
from scalelaw.report.folder import manifest as manifest
from scalelaw.report.folder import markdown as markdown
from scalelaw.report.folder import summary as summary
from scalelaw.report.folder import write_results as write_results
from scalelaw.report.web import web_page as web_page
from scalelaw.report.web import write_page as write_page
