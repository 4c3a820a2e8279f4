"""What to train: the compute-optimal split of a budget, and every question that a law of N and D answers.

`optimal`, `optimal_given_N` (`_D`, `_L`), `reach_at_N` (`_D`, `_ratio`), `lifetime_optimal` (`_given_L`),
`best_size`, `cheapest_size`, `overtrained` and `compute_gain` are pure functions of a law and its parameters, for
`jax.jit`, `jax.vmap` and `jax.grad`; `allocate`, `plan` (serving, few unique tokens, bounds and lists of sizes),
`cost_of_smaller` and `compute_equivalent_gain` are their face on the host.
"""

from scalelaw.allocation.answer import Fitted as Fitted
from scalelaw.allocation.answer import allocate as allocate
from scalelaw.allocation.caps import most_in_memory as most_in_memory
from scalelaw.allocation.caps import most_in_time as most_in_time
from scalelaw.allocation.certificate import first_order as first_order
from scalelaw.allocation.gain import compute_gain as compute_gain
from scalelaw.allocation.gained import Gain as Gain
from scalelaw.allocation.gained import compute_equivalent_gain as compute_equivalent_gain
from scalelaw.allocation.lifetime import lifetime_optimal as lifetime_optimal
from scalelaw.allocation.lifetime import lifetime_optimal_given_L as lifetime_optimal_given_L
from scalelaw.allocation.optimum import numeric_optimal as numeric_optimal
from scalelaw.allocation.optimum import optimal as optimal
from scalelaw.allocation.optimum import optimal_given_D as optimal_given_D
from scalelaw.allocation.optimum import optimal_given_N as optimal_given_N
from scalelaw.allocation.overtraining import overtrained as overtrained
from scalelaw.allocation.overtraining import overtraining_cost as overtraining_cost
from scalelaw.allocation.overtraining import overtraining_tokens as overtraining_tokens
from scalelaw.allocation.plan import plan as plan
from scalelaw.allocation.planned import Plan as Plan
from scalelaw.allocation.problem import Problem as Problem
from scalelaw.allocation.problem import problem as problem
from scalelaw.allocation.question import question as question
from scalelaw.allocation.rates import IN_FLOP as IN_FLOP
from scalelaw.allocation.rates import Rates as Rates
from scalelaw.allocation.rates import dollars as dollars
from scalelaw.allocation.rates import gpu_hours as gpu_hours
from scalelaw.allocation.result import Allocation as Allocation
from scalelaw.allocation.room import ANYWHERE as ANYWHERE
from scalelaw.allocation.room import Room as Room
from scalelaw.allocation.sizes import best_size as best_size
from scalelaw.allocation.sizes import cheapest_size as cheapest_size
from scalelaw.allocation.smaller import Smaller as Smaller
from scalelaw.allocation.smaller import cost_of_smaller as cost_of_smaller
from scalelaw.allocation.target import lowest_loss as lowest_loss
from scalelaw.allocation.target import optimal_given_L as optimal_given_L
from scalelaw.allocation.target import reach_at_D as reach_at_D
from scalelaw.allocation.target import reach_at_N as reach_at_N
from scalelaw.allocation.target import reach_at_ratio as reach_at_ratio
from scalelaw.allocation.unique import repeating as repeating
