"""Validation: back-tests on later runs, laws compared by them, and intervals that hold what they missed."""

from scalelaw.validation.backtest import CANDIDATES as CANDIDATES
from scalelaw.validation.backtest import Backtest as Backtest
from scalelaw.validation.backtest import backtest as backtest
from scalelaw.validation.calibrated import Calibrated as Calibrated
from scalelaw.validation.calibrated import calibrate as calibrate
from scalelaw.validation.distribution import Distribution as Distribution
from scalelaw.validation.forecast import PROBABILITIES as PROBABILITIES
from scalelaw.validation.forecast import Forecast as Forecast
from scalelaw.validation.forecast import digest as digest
from scalelaw.validation.forecast import forecast as forecast
from scalelaw.validation.forecast import refuse_existing as refuse_existing
from scalelaw.validation.frontiers import FrontierBacktest as FrontierBacktest
from scalelaw.validation.frontiers import backtest_frontier as backtest_frontier
from scalelaw.validation.intervals import prediction_interval as prediction_interval
from scalelaw.validation.optima import Optima as Optima
from scalelaw.validation.ranking import Difference as Difference
from scalelaw.validation.ranking import Ranking as Ranking
from scalelaw.validation.ranking import rank as rank
from scalelaw.validation.scoring import Scores as Scores
from scalelaw.validation.scoring import score as score
from scalelaw.validation.surfaces import Surfaces as Surfaces
from scalelaw.validation.surfaces import surfaces as surfaces
from scalelaw.validation.trials import Cutoff as Cutoff
from scalelaw.validation.trials import Trial as Trial
