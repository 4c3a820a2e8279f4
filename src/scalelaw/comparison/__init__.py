"""All approaches the runs allow side by side, beside what papers printed, and a test of whether they agree."""

from scalelaw.comparison.compare import compare as compare
from scalelaw.comparison.comparison import Comparison as Comparison
from scalelaw.comparison.counts import Counts as Counts
from scalelaw.comparison.counts import isoflop_counts as isoflop_counts
