"""Scaling laws: one family a file, each a NamedTuple of parameters, a pure function and a `Law` value.

A law is one file and one row below. The constants that papers found for the laws are in `published`.
"""

# The order of these rows is the order in which laws are listed.
# isort: off
from scalelaw.laws.law import Law as Law
from scalelaw.laws.law import Optimum as Optimum
from scalelaw.laws.law import find_law as find_law
from scalelaw.laws.chinchilla import Chinchilla as Chinchilla, chinchilla as chinchilla
from scalelaw.laws.skaling import Skaling as Skaling, skaling as skaling
from scalelaw.laws.cross import Cross as Cross, cross as cross
from scalelaw.laws.tied import Tied as Tied, tied as tied
from scalelaw.laws.bounded import Bounded as Bounded, bounded as bounded
from scalelaw.laws.farseer import Farseer as Farseer, farseer as farseer
from scalelaw.laws.kaplan import Kaplan as Kaplan, kaplan as kaplan
from scalelaw.laws.power import Power as Power, power_law as power_law
from scalelaw.laws.power import power_N as power_N, power_D as power_D, power_C as power_C
from scalelaw.laws.power import PurePower as PurePower, pure_power_law as pure_power_law
from scalelaw.laws.power import kaplan_N as kaplan_N, kaplan_D as kaplan_D, kaplan_C as kaplan_C
from scalelaw.laws.kaplan import KaplanSteps as KaplanSteps, kaplan_steps as kaplan_steps
from scalelaw.laws.trends import Trend as Trend, trend as trend, critical_batch as critical_batch
from scalelaw.laws.data_constrained import DataConstrained as DataConstrained
from scalelaw.laws.data_constrained import data_constrained as data_constrained
from scalelaw.laws.bounded import Overfitting as Overfitting, overfitting as overfitting
from scalelaw.laws.overtraining import Overtraining as Overtraining, overtraining as overtraining
from scalelaw.laws.downstream import ErrorOfLoss as ErrorOfLoss, downstream_error as downstream_error
from scalelaw.laws.downstream import AccuracyOfLoss as AccuracyOfLoss
from scalelaw.laws.downstream import downstream_accuracy as downstream_accuracy
from scalelaw.laws.routed import Routed as Routed, routed as routed
from scalelaw.laws.joint_moe import JointMoE as JointMoE, joint_moe as joint_moe
from scalelaw.laws.granular_moe import GranularMoE as GranularMoE, granular_moe as granular_moe
from scalelaw.laws.sparse_moe import SparseMoE as SparseMoE, sparse_moe as sparse_moe
from scalelaw.laws.precision import Precision as Precision, precision as precision
from scalelaw.laws.precision import Rounding as Rounding, rounding as rounding
from scalelaw.laws.broken_power import BrokenPower as BrokenPower
from scalelaw.laws.broken_power import broken_power_law as broken_power_law
from scalelaw.laws.broken_power import broken_power_N as broken_power_N, broken_power_D as broken_power_D
from scalelaw.laws.broken_power import broken_power_C as broken_power_C
from scalelaw.laws.extrapolation import extrapolation_M1 as extrapolation_M1
from scalelaw.laws.extrapolation import extrapolation_M2 as extrapolation_M2
from scalelaw.laws.extrapolation import extrapolation_M3 as extrapolation_M3
from scalelaw.laws.extrapolation import extrapolation_M4 as extrapolation_M4
from scalelaw.laws.trends import optimal_N as optimal_N, optimal_D as optimal_D, optimal_M as optimal_M
from scalelaw.laws.trends import steps_C as steps_C, data_needed as data_needed
from scalelaw.laws.trends import learning_rate_C as learning_rate_C, learning_rate_N as learning_rate_N
from scalelaw.laws.trends import Trend2 as Trend2, learning_rate_ND as learning_rate_ND
from scalelaw.laws.trends import batch_C as batch_C, batch_D as batch_D, batch_N as batch_N

LAWS: dict[str, Law] = {law.name: law for law in tuple(globals().values()) if isinstance(law, Law)}
"""Every law by name."""
