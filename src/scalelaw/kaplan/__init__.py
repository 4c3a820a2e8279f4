"""Kaplan's system beyond its laws: batch, overfitting, efficient training, and where it contradicts itself.

The laws are `scalelaw.laws.kaplan`, `kaplan_N`, `kaplan_D`, `kaplan_C`, `kaplan_steps` and `critical_batch`,
their constants `sl.published["kaplan2020_..."]`. N leaves the embeddings out; C is in FLOP (a PF-day is
`scalelaw.flops.PF_DAY`). Functions of a law and its parameters compute in float64 and are pure, for
`jax.jit`, `jax.vmap`, `jax.grad` and for intervals, `draws.interval(lambda p: kaplan.data_needed(law, p, N))`.
"""

from scalelaw.kaplan.contradiction import Contradiction as Contradiction
from scalelaw.kaplan.contradiction import contradiction as contradiction
from scalelaw.kaplan.contradiction import crossing as crossing
from scalelaw.kaplan.efficient import Efficient as Efficient
from scalelaw.kaplan.efficient import Exponents as Exponents
from scalelaw.kaplan.efficient import Ratios as Ratios
from scalelaw.kaplan.efficient import against as against
from scalelaw.kaplan.efficient import compute_at as compute_at
from scalelaw.kaplan.efficient import compute_scale as compute_scale
from scalelaw.kaplan.efficient import cost_of_size as cost_of_size
from scalelaw.kaplan.efficient import efficient as efficient
from scalelaw.kaplan.efficient import examples_given_steps as examples_given_steps
from scalelaw.kaplan.efficient import exponents as exponents
from scalelaw.kaplan.efficient import learning_rate as learning_rate
from scalelaw.kaplan.efficient import minimal_compute as minimal_compute
from scalelaw.kaplan.efficient import minimal_steps as minimal_steps
from scalelaw.kaplan.efficient import steps_at as steps_at
from scalelaw.kaplan.efficient import steps_of_size as steps_of_size
from scalelaw.kaplan.overfitting import data_needed as data_needed
from scalelaw.kaplan.overfitting import data_trend as data_trend
from scalelaw.kaplan.overfitting import early_stop as early_stop
from scalelaw.kaplan.overfitting import overfitting as overfitting
from scalelaw.kaplan.reconciled import budget_of as budget_of
from scalelaw.kaplan.reconciled import fitted_exponent as fitted_exponent
from scalelaw.kaplan.reconciled import local_exponent as local_exponent
