"""The bias of profiles' design for `scalelaw isoflop`: measured by one law, or taken off by the best of several."""

from typing import TYPE_CHECKING, Any, NamedTuple

import scalelaw as sl
from scalelaw._checks import BadInput, bad_input
from scalelaw.cli.estimate import use_compilation_cache
from scalelaw.cli.terminal import progress
from scalelaw.numbers import format_number, significant

if TYPE_CHECKING:
    from scalelaw.approaches.design_bias import DesignBias

DEFAULT = "chinchilla"
"""The law of a bias that is measured and not taken off: back-tests take half a minute."""


class Measured(NamedTuple):
    """What is known of a bias.

    Attributes:
        found: the profiles, corrected if that was asked for.
        bias: None where it is not measured.
        doubts: what speaks against it, a sentence each.
        words: which law it is measured by, and why; "" without a correction.
        by_law: the corrected exponent and N* by every law that back-tests do not rule out.
    """

    found: "sl.IsoFLOP"
    bias: "DesignBias | None" = None
    doubts: tuple[str, ...] = ()
    words: str = ""
    by_law: tuple[dict[str, Any], ...] = ()

    def text(self) -> str:
        """The bias, or what its correction rests on."""
        if not self.words:
            return "" if self.bias is None else f"{self.bias.text()}; --correct takes it off"
        a, N = ([row[name] for row in self.by_law] for name in ("a", "N"))
        C = format_number(self.by_law[0]["C"])
        spread = (
            f"; over these laws a from {significant(min(a))} to {significant(max(a))}, N* at C = {C} from "
            f"{format_number(min(N))} to {format_number(max(N))}"
        )
        return f"the bias is {self.words}{spread if len(a) > 1 else ''}"


def measure_bias(
    found: "sl.IsoFLOP", *, correct: bool, measure: bool, surface: str | None, quiet: bool
) -> Measured:
    """The bias of the design of profiles, and these without it if `correct`.

    Args:
        found: the profiles.
        correct: whether to take it off, by default by the law that back-tests best.
        measure: whether it is wanted at all.
        surface: name of the law that it is measured by.
        quiet: whether no progress is shown.
    """
    law = sl.laws.find_law(surface or DEFAULT, sl.laws.LAWS)
    sl.allocation.check_splits(law)
    if not (measure or correct):
        if surface is not None:
            raise bad_input(
                "--surface", "the law that a bias is measured by", "--no-bias", advice="leave out one"
            )
        return Measured(found)
    use_compilation_cache()
    if correct:
        return _correct(found, None if surface is None else law, quiet=quiet)
    try:
        fit = _fit(found, law, quiet=quiet)
        return Measured(found, found.bias(fit), _doubts(fit))
    except BadInput as error:
        return Measured(found, doubts=(f"the bias of this design is not measured: {error}",))


def _correct(found: "sl.IsoFLOP", law: "sl.Law | None", *, quiet: bool) -> Measured:
    """The profiles without their bias, and what other laws would take off."""
    if law is None:
        with progress("back-testing laws", quiet=quiet) as report:
            fits, words = sl.validation.surfaces(found.runs, progress=report)
    else:
        fits, words = (_fit(found, law, quiet=quiet),), f"measured by {law.name!r}, as asked for"
    best, *others = fits
    made, C = found.corrected(best), 10 * float(found.budgets.C.max())
    corrected = {best.law.name: made}
    for fit in others:
        try:
            corrected[fit.law.name] = found.corrected(fit)
        except BadInput as error:
            words += f"; by {fit.law.name!r} it cannot be measured: {error}"
    rows = [
        {"law": name, "a": each.plain.a, "C": C, "N": float(each.N.at(C))} for name, each in corrected.items()
    ]
    return Measured(made, made.correction, _doubts(best), words, tuple(rows))


def _fit(found: "sl.IsoFLOP", law: "sl.Law", *, quiet: bool) -> "sl.Fit":
    with progress("fitting the surface", quiet=quiet) as report:
        return sl.fit(found.runs, law, starts="projected", progress=report)


def _doubts(surface: "sl.Fit") -> tuple[str, ...]:
    return tuple(f"the surface that the bias is measured on: {each}" for each in surface.certificate.warnings)
