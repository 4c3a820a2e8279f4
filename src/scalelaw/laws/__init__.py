"""Scaling laws: one family a file, each a NamedTuple of parameters, a pure function and a `Law` value."""

from scalelaw.laws._law import Law as Law, Optimum as Optimum
from scalelaw.laws.chinchilla import Chinchilla as Chinchilla, chinchilla as chinchilla
from scalelaw.laws.kaplan import Kaplan as Kaplan, kaplan as kaplan
from scalelaw.laws.power import (
    Power as Power,
    PurePower as PurePower,
    kaplan_C as kaplan_C,
    kaplan_D as kaplan_D,
    kaplan_N as kaplan_N,
    power_C as power_C,
    power_D as power_D,
    power_law as power_law,
    power_N as power_N,
    pure_power_law as pure_power_law,
)

LAWS: dict[str, Law] = {
    law.name: law
    for law in (chinchilla, kaplan, power_N, power_D, power_C, kaplan_N, kaplan_D, kaplan_C)
}
