"""Batched minimisers of weighted robust residuals. They know nothing of laws, runs or papers."""

from scalelaw.solve.batch import Levenberg as Levenberg
from scalelaw.solve.lbfgs import LBFGS as LBFGS
from scalelaw.solve.multistart import multistart as multistart
from scalelaw.solve.problem import Problem as Problem
from scalelaw.solve.solver import Solution as Solution
from scalelaw.solve.solver import Solver as Solver
from scalelaw.solve.solver import Status as Status
