"""Two files of golden values side by side: what is off, what is gone, what is new."""

import difflib
import math
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

ZERO, ULPS = 1e-12, 1e-15
"""Numbers both below the first, or no further apart than the second, differ by rounding: where zero is meant, or
where a number is the difference of two of size one, as a residual is."""

FREE = {
    "stream": "random streams may be drawn anew",
    "values": "the numbers of commands, random streams among them",
    "text": "text may be laid out anew",
}
"""Sections that may differ, and why."""

SHOWN = 12
"""Differences that are listed of a section; the others are counted."""

NUMBER, ROUNDING, WORDS, KIND, GONE, NEW = "off", "rounding", "words", "other", "gone", "new"
HARMLESS = {ROUNDING, WORDS, NEW}


class Difference(NamedTuple):
    """One of them.

    Attributes:
        path: where, from the section down.
        kind: a number that is off, rounding, a sentence, another value or type, a key that is gone or new.
        words: what was and what is.
        relative: how far a number is off, over the larger of the two.
    """

    path: str
    kind: str
    words: str
    relative: float = 0.0


def compared(before: dict[str, Any], after: dict[str, Any], rtol: float) -> tuple[str, bool]:
    """A report on every section, and whether nothing differs that may not."""
    lines, same = [], True
    for section in dict.fromkeys([*before, *after]):
        found = list(differences(section, before.get(section, {}), after.get(section, {}), rtol))
        lines += report(section, found, leaves(before.get(section, {})))
        same &= section in FREE or all(each.kind in HARMLESS for each in found)
    return "\n".join([*lines, "", "nothing moved" if same else "SOMETHING MOVED"]), same


def differences(path: str, before: Any, after: Any, rtol: float) -> Iterator[Difference]:
    """Those of two trees."""
    if isinstance(before, list) and isinstance(after, list):
        before, after = (dict(enumerate(each)) for each in (before, after))
    if not (isinstance(before, dict) and isinstance(after, dict)):
        yield from leaf_difference(path, before, after, rtol)
        return
    for name in dict.fromkeys([*before, *after]):
        inner = f"{path} / {name}"
        if name not in after:
            yield Difference(inner, GONE, short(before[name]))
        elif name not in before:
            yield Difference(inner, NEW, short(after[name]))
        else:
            yield from differences(inner, before[name], after[name], rtol)


def leaf_difference(path: str, before: Any, after: Any, rtol: float) -> Iterator[Difference]:
    """That of two leaves, if they differ."""
    words = f"{short(before)} -> {short(after)}"
    if is_number(before) and is_number(after):
        relative = apart(before, after)
        if relative > rtol:
            rounding = max(abs(before), abs(after)) <= ZERO or abs(after - before) <= ULPS
            yield Difference(path, ROUNDING if rounding else NUMBER, words, 0.0 if rounding else relative)
    elif is_sentence(before) and is_sentence(after) and before != after:
        yield Difference(path, WORDS, unified(before, after))
    elif before != after:
        yield Difference(path, KIND, words)


def apart(before: float, after: float) -> float:
    """The relative difference; infinite where only one is a finite number."""
    if before == after or (math.isnan(before) and math.isnan(after)):
        return 0.0
    both = math.isfinite(before) and math.isfinite(after)
    return abs(after - before) / max(abs(before), abs(after)) if both else math.inf


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_sentence(value: Any) -> bool:
    """Text with more than one word, or none: one word is a name."""
    return isinstance(value, str) and len(value.split()) != 1


def leaves(tree: Any) -> int:
    if isinstance(tree, dict | list):
        return sum(map(leaves, tree.values() if isinstance(tree, dict) else tree))
    return 1


def report(section: str, found: list[Difference], count: int) -> list[str]:
    """A line on a section, its worst number, and its differences, the worst first."""
    counts = Counter(each.kind for each in found)
    many = ", ".join(f"{number:,} {kind}" for kind, number in counts.items()) or "all the same"
    free = f" (not held against it: {FREE[section]})" if section in FREE and found else ""
    worst = max((each.relative for each in found), default=0.0)
    head = f"{section}: {count:,} values, {many}" + (f", worst {worst:.2g}" if worst else "") + free
    ordered = sorted(found, key=lambda each: (each.kind in HARMLESS, -each.relative))
    rest = [f"  ... and {len(found) - SHOWN:,} more"] if len(found) > SHOWN else []
    return [head, *(f"  {each.kind}: {each.path}: {each.words}" for each in ordered[:SHOWN]), *rest]


def short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def unified(before: str, after: str) -> str:
    """The first lines that differ."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    changed = [line for line in lines if not line.startswith(("---", "+++", "@@"))]
    return "".join(f"\n    {line}" for line in changed[:8])
