"""Tables as text."""

from scalelaw._text import table


def test_columns_line_up_under_their_heading() -> None:
    lines = table([("alpha", "0.35", "free"), ("E", "1.816", "")], "<><", heading=("", "value"))
    assert lines == ["       value", "alpha   0.35  free", "E      1.816"]


def test_a_column_may_be_wider_than_it_must() -> None:
    assert table([("a", "1")], "<>", widths=(3, 4), gap=" ") == ["a      1"]


def test_no_rows_no_lines() -> None:
    assert table([], "<>") == []
