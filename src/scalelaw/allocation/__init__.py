"""What to train: the compute-optimal split of a budget, and every question that a law of N and D answers.

`optimal`, `optimal_given_N` (`_D`, `_L`) and `reach_at_N` (`_D`, `_ratio`) are pure functions of a law and
its parameters, for `jax.jit`, `jax.vmap` and `jax.grad`; `allocate` is their face on the host.
"""

from scalelaw.allocation.answer import Fitted as Fitted
from scalelaw.allocation.answer import allocate as allocate
from scalelaw.allocation.optimum import numeric_optimal as numeric_optimal
from scalelaw.allocation.optimum import optimal as optimal
from scalelaw.allocation.optimum import optimal_given_D as optimal_given_D
from scalelaw.allocation.optimum import optimal_given_N as optimal_given_N
from scalelaw.allocation.question import question as question
from scalelaw.allocation.result import Allocation as Allocation
from scalelaw.allocation.target import lowest_loss as lowest_loss
from scalelaw.allocation.target import optimal_given_L as optimal_given_L
from scalelaw.allocation.target import reach_at_D as reach_at_D
from scalelaw.allocation.target import reach_at_N as reach_at_N
from scalelaw.allocation.target import reach_at_ratio as reach_at_ratio
