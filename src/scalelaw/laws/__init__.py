"""Scaling laws: one family a file, each a NamedTuple of parameters, a pure function and a `Law` value."""

from scalelaw.laws._law import Law as Law
from scalelaw.laws._law import Optimum as Optimum
from scalelaw.laws.chinchilla import Chinchilla as Chinchilla
from scalelaw.laws.chinchilla import chinchilla as chinchilla
from scalelaw.laws.kaplan import Kaplan as Kaplan
from scalelaw.laws.kaplan import kaplan as kaplan
from scalelaw.laws.power import (
    Power as Power,
)
from scalelaw.laws.power import (
    PurePower as PurePower,
)
from scalelaw.laws.power import (
    kaplan_C as kaplan_C,
)
from scalelaw.laws.power import (
    kaplan_D as kaplan_D,
)
from scalelaw.laws.power import (
    kaplan_N as kaplan_N,
)
from scalelaw.laws.power import (
    power_C as power_C,
)
from scalelaw.laws.power import (
    power_D as power_D,
)
from scalelaw.laws.power import (
    power_law as power_law,
)
from scalelaw.laws.power import (
    power_N as power_N,
)
from scalelaw.laws.power import (
    pure_power_law as pure_power_law,
)

LAWS: dict[str, Law] = {
    law.name: law for law in (chinchilla, kaplan, power_N, power_D, power_C, kaplan_N, kaplan_D, kaplan_C)
}
