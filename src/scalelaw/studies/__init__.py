"""Studies: bootstraps of any size on every device, streamed to disk, shared among machines, continued."""

from scalelaw.studies.folder import Study as Study
from scalelaw.studies.folder import merge as merge
from scalelaw.studies.folder import study as study
from scalelaw.studies.parquet import arrow as arrow
from scalelaw.studies.saving import load_draws as load_draws
from scalelaw.studies.saving import save_draws as save_draws
from scalelaw.studies.saving import to_arviz as to_arviz
