"""Scaling laws: one family a file, each a NamedTuple of parameters, a pure function and a `Law` value.

The constants that papers found for them are in `published`.
"""

from scalelaw.laws._law import Law as Law
from scalelaw.laws._law import Optimum as Optimum
from scalelaw.laws.broken_power import BrokenPower as BrokenPower
from scalelaw.laws.broken_power import broken_power_C as broken_power_C
from scalelaw.laws.broken_power import broken_power_law as broken_power_law
from scalelaw.laws.chinchilla import Chinchilla as Chinchilla
from scalelaw.laws.chinchilla import chinchilla as chinchilla
from scalelaw.laws.data_constrained import DataConstrained as DataConstrained
from scalelaw.laws.data_constrained import data_constrained as data_constrained
from scalelaw.laws.downstream import AccuracyOfLoss as AccuracyOfLoss
from scalelaw.laws.downstream import ErrorOfLoss as ErrorOfLoss
from scalelaw.laws.downstream import downstream_accuracy as downstream_accuracy
from scalelaw.laws.downstream import downstream_error as downstream_error
from scalelaw.laws.extrapolation import extrapolation_M1 as extrapolation_M1
from scalelaw.laws.extrapolation import extrapolation_M2 as extrapolation_M2
from scalelaw.laws.extrapolation import extrapolation_M3 as extrapolation_M3
from scalelaw.laws.extrapolation import extrapolation_M4 as extrapolation_M4
from scalelaw.laws.find import find_law as find_law
from scalelaw.laws.granular_moe import GranularMoE as GranularMoE
from scalelaw.laws.granular_moe import granular_moe as granular_moe
from scalelaw.laws.joint_moe import JointMoE as JointMoE
from scalelaw.laws.joint_moe import joint_moe as joint_moe
from scalelaw.laws.kaplan import Kaplan as Kaplan
from scalelaw.laws.kaplan import KaplanSteps as KaplanSteps
from scalelaw.laws.kaplan import kaplan as kaplan
from scalelaw.laws.kaplan import kaplan_steps as kaplan_steps
from scalelaw.laws.overtraining import Overtraining as Overtraining
from scalelaw.laws.overtraining import overtraining as overtraining
from scalelaw.laws.power import Power as Power
from scalelaw.laws.power import PurePower as PurePower
from scalelaw.laws.power import kaplan_C as kaplan_C
from scalelaw.laws.power import kaplan_D as kaplan_D
from scalelaw.laws.power import kaplan_N as kaplan_N
from scalelaw.laws.power import power_C as power_C
from scalelaw.laws.power import power_D as power_D
from scalelaw.laws.power import power_law as power_law
from scalelaw.laws.power import power_N as power_N
from scalelaw.laws.power import pure_power_law as pure_power_law
from scalelaw.laws.precision import Precision as Precision
from scalelaw.laws.precision import Rounding as Rounding
from scalelaw.laws.precision import precision as precision
from scalelaw.laws.precision import rounding as rounding
from scalelaw.laws.routed import Routed as Routed
from scalelaw.laws.routed import routed as routed
from scalelaw.laws.sparse_moe import SparseMoE as SparseMoE
from scalelaw.laws.sparse_moe import sparse_moe as sparse_moe
from scalelaw.laws.trends import Trend as Trend
from scalelaw.laws.trends import Trend2 as Trend2
from scalelaw.laws.trends import batch_C as batch_C
from scalelaw.laws.trends import batch_D as batch_D
from scalelaw.laws.trends import batch_N as batch_N
from scalelaw.laws.trends import critical_batch as critical_batch
from scalelaw.laws.trends import data_needed as data_needed
from scalelaw.laws.trends import learning_rate_C as learning_rate_C
from scalelaw.laws.trends import learning_rate_N as learning_rate_N
from scalelaw.laws.trends import learning_rate_ND as learning_rate_ND
from scalelaw.laws.trends import optimal_D as optimal_D
from scalelaw.laws.trends import optimal_M as optimal_M
from scalelaw.laws.trends import optimal_N as optimal_N
from scalelaw.laws.trends import steps_C as steps_C
from scalelaw.laws.trends import trend as trend

LAWS: dict[str, Law] = {
    law.name: law
    for law in (
        chinchilla,
        kaplan,
        power_N,
        power_D,
        power_C,
        kaplan_N,
        kaplan_D,
        kaplan_C,
        kaplan_steps,
        critical_batch,
        data_constrained,
        overtraining,
        downstream_error,
        downstream_accuracy,
        routed,
        joint_moe,
        granular_moe,
        sparse_moe,
        precision,
        rounding,
        broken_power_C,
        extrapolation_M1,
        extrapolation_M2,
        extrapolation_M3,
        extrapolation_M4,
        optimal_N,
        optimal_D,
        optimal_M,
        steps_C,
        data_needed,
        learning_rate_C,
        learning_rate_N,
        learning_rate_ND,
        batch_C,
        batch_D,
        batch_N,
    )
}
