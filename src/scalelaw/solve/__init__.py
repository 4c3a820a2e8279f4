"""Batched minimisers of weighted robust residuals. They know nothing of laws, runs or papers."""

from scalelaw.solve.lanes import Levenberg as Levenberg
from scalelaw.solve.lbfgs import LBFGS as LBFGS
from scalelaw.solve.problem import Problem as Problem
from scalelaw.solve.solution import Solution as Solution
from scalelaw.solve.solution import Status as Status
