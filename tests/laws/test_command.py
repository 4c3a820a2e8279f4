"""`scalelaw laws`: every law and every published fit, with units, intervals, source and reliability."""

import pytest
from typer.testing import CliRunner

from scalelaw._checks import BadInput
from scalelaw.cli.app import app
from scalelaw.laws import LAWS
from scalelaw.laws.published import published

WIDTHS = (80, 120)


def run(*words: str, width: int = 80) -> str:
    """What the command prints on a terminal of this width."""
    result = CliRunner(env={"COLUMNS": str(width)}).invoke(app, ["laws", *words])
    if result.exception is not None:
        raise result.exception
    return result.output


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(("words", "names"), [((), LAWS), (("--published",), published)])
def test_lists_all_of_them(words: tuple[str, ...], names: dict[str, object], width: int) -> None:
    lines = run(*words, width=width).splitlines()
    assert lines[0].startswith(f"{len(names)} ")
    listed = [line.split()[0] for line in lines if line[:2] == "  " and line[2] != " "]
    assert listed == list(names)
    assert max(map(len, lines)) <= width


@pytest.mark.parametrize("width", WIDTHS)
def test_every_page_fits_the_terminal(width: int) -> None:
    for name in (*LAWS, *published):
        assert max(map(len, run(name, width=width).splitlines())) <= width, name


def test_a_law_with_its_units_and_published_constants() -> None:
    text = run("chinchilla")
    for line in (
        "  formula    L(N, D) = E + A / N^alpha + B / D^beta",
        "  predicts   L: nats per token",
        "  inputs     N  parameters, embeddings included",
        "  starts     4,500 in its grid",
        "  optimum    closed form",
        "    5.76e23 FLOP: 40.36B parameters on 2.379T tokens, 58.9 tokens per parameter",
        "    5.76e23 FLOP: 72.25B parameters on 1.329T tokens, 18.4 tokens per parameter",
    ):
        assert line in text.splitlines()
    assert "arXiv:2203.15556" in text
    assert "hoffmann2022_A3_tex: E = 1.693374, A = 406.401, B = 410.7228," in text


def test_a_law_of_further_inputs() -> None:
    assert "  optimum    closed form, with E held" in run("joint_moe").splitlines()
    assert "  optimum    numeric, with U held" in run("data_constrained").splitlines()
    assert "  optimum    none: it does not split a budget between N and D" in run("power_C").splitlines()


def test_constants_with_their_intervals() -> None:
    text = run("besiroglu2024_paper", width=120)
    for line in (
        "  constants  E      1.8172  standard error 0.03  1.769 to 1.871 (95% interval)",
        "             A      482.01  standard error 124.58  285.214 to 743.626 (95% interval)",
        "  further    a          0.5126  standard error 0.02",
        "             D  C/(6N), imputed",
        "  digits     authors_code: digits of the authors' code or data",
        "  source     arXiv:2404.10102v2 Table 1, eq 3",
        "             N = 1B, D = 20B: L = 2.53005 (computed)",
    ):
        assert line in text.splitlines()


def test_pf_days_are_converted_in_plain_sight() -> None:
    text = run("kaplan2020_L_Cmin")
    assert "  units      C  PF-days of C_min = C/(1+B/B_crit)" in text.splitlines()
    assert "  converted  C  a unit of it is 8.64e19 FLOP, which the law takes" in text.splitlines()
    assert "kaplan2020_L_Cmin: alpha_C = 0.05, C_c = 3.1e8 (C in units of 8.64e19 FLOP)" in run("kaplan_C")


def test_digits_not_to_be_relied_on_say_so() -> None:
    assert "digits not verified: do not rely on them" in run("farseer2025")
    assert "law        none of this package" in run("farseer2025")


@pytest.mark.parametrize(
    ("name", "near"),
    [("chincilla", "'chinchilla'"), ("besiroglu2024", "'besiroglu2024_"), ("jointmoe", "'joint_moe'")],
)
def test_an_unknown_name(name: str, near: str) -> None:
    with pytest.raises(BadInput, match=rf"^law must be one that .* got '{name}'; did you mean {near}"):
        run(name)
