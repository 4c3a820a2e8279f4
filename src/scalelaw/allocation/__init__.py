"""What to train: the best split of a budget, and every question that a law of N and D answers.

`optimal` (also with serving and bounds), `optimal_given_N` (`_D`, `_L`), `reach_at_N` (`_D`, `_ratio`),
`best_size`, `cheapest_size`, `overtrained` and `compute_gain` are pure functions of a law and its parameters, for
`jax.jit`, `jax.vmap` and `jax.grad`. `plan` is their face on the host, for every question at once (`allocate` where
there are no limits); `cost_of_smaller` and `compute_equivalent_gain` compare with another model and another law.
"""

from scalelaw.allocation.costs import IN_FLOP as IN_FLOP
from scalelaw.allocation.costs import Rates as Rates
from scalelaw.allocation.costs import dollars as dollars
from scalelaw.allocation.costs import gpu_hours as gpu_hours
from scalelaw.allocation.costs import most_in_memory as most_in_memory
from scalelaw.allocation.costs import most_in_time as most_in_time
from scalelaw.allocation.equal_loss import Gain as Gain
from scalelaw.allocation.equal_loss import Smaller as Smaller
from scalelaw.allocation.equal_loss import compute_equivalent_gain as compute_equivalent_gain
from scalelaw.allocation.equal_loss import compute_gain as compute_gain
from scalelaw.allocation.equal_loss import cost_of_smaller as cost_of_smaller
from scalelaw.allocation.equal_loss import overtrained as overtrained
from scalelaw.allocation.equal_loss import overtraining_cost as overtraining_cost
from scalelaw.allocation.equal_loss import overtraining_tokens as overtraining_tokens
from scalelaw.allocation.flat_range import FlatRange as FlatRange
from scalelaw.allocation.flat_range import Rise as Rise
from scalelaw.allocation.flat_range import flat_range as flat_range
from scalelaw.allocation.flat_range import flat_splits as flat_splits
from scalelaw.allocation.optimum import Bounds as Bounds
from scalelaw.allocation.optimum import check_splits as check_splits
from scalelaw.allocation.optimum import first_order as first_order
from scalelaw.allocation.optimum import numeric_optimal as numeric_optimal
from scalelaw.allocation.optimum import optimal as optimal
from scalelaw.allocation.optimum import optimal_given_D as optimal_given_D
from scalelaw.allocation.optimum import optimal_given_N as optimal_given_N
from scalelaw.allocation.plan import Fitted as Fitted
from scalelaw.allocation.plan import allocate as allocate
from scalelaw.allocation.plan import answer as answer
from scalelaw.allocation.plan import plan as plan
from scalelaw.allocation.question import Constraints as Constraints
from scalelaw.allocation.question import Question as Question
from scalelaw.allocation.question import ask as ask
from scalelaw.allocation.repeats import repeating as repeating
from scalelaw.allocation.result import Plan as Plan
from scalelaw.allocation.result import Quantities as Quantities
from scalelaw.allocation.roots import rising_root as rising_root
from scalelaw.allocation.target import best_size as best_size
from scalelaw.allocation.target import cheapest_size as cheapest_size
from scalelaw.allocation.target import lowest_loss as lowest_loss
from scalelaw.allocation.target import optimal_given_L as optimal_given_L
from scalelaw.allocation.target import reach_at_D as reach_at_D
from scalelaw.allocation.target import reach_at_N as reach_at_N
from scalelaw.allocation.target import reach_at_ratio as reach_at_ratio

Allocation = Plan
"""What `allocate` gives: a plan without limits, of the same class."""
