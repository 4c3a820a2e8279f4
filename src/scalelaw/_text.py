"""Plain text: tables whose columns line up."""

from collections.abc import Sequence


def table(
    rows: Sequence[Sequence[str]],
    align: str,
    *,
    heading: Sequence[str] | None = None,
    widths: Sequence[int] = (),
    gap: str = "  ",
) -> list[str]:
    """Rows of cells as lines whose columns line up, without trailing spaces.

    Args:
        rows: cells as text, as many a row as `align` has letters; a row may be shorter.
        align: one letter a column, "<" or ">".
        heading: cells of a first line.
        widths: least width of each column, for tables that are to look alike whatever they hold.
        gap: what stands between two columns.

    Examples:
        >>> from scalelaw._text import table
        >>> for line in table([("alpha", "0.35"), ("E", "1.816")], "<>", heading=("", "value")):
        ...     print(line)
               value
        alpha   0.35
        E      1.816
    """
    lines = [*([] if heading is None else [heading]), *rows]
    least = (*widths, *(0,) * (len(align) - len(widths)))
    wide = [
        max([at_least, *(len(line[i]) for line in lines if i < len(line))])
        for i, at_least in enumerate(least)
    ]
    return [
        gap.join(
            f"{cell:{side}{width}}" for cell, side, width in zip(line, align, wide, strict=False)
        ).rstrip()
        for line in lines
    ]
