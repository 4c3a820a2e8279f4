"""`scalelaw laws`: every law and every published fit, with units, intervals, source and reliability."""

import json

import pytest
from typer.testing import CliRunner

from scalelaw import BadInput
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
    assert "law        none of this package" in run("luo2025_mpl_25M")


@pytest.mark.parametrize(
    ("name", "near"),
    [("chincilla", "'chinchilla'"), ("besiroglu2024", "'besiroglu2024_"), ("jointmoe", "'joint_moe'")],
)
def test_an_unknown_name(name: str, near: str) -> None:
    with pytest.raises(BadInput, match=rf"^law must be one that .* got '{name}'; did you mean {near}"):
        run(name)


def test_json_of_a_law_holds_the_constants_that_papers_found() -> None:
    made = json.loads(run("chinchilla", "--json"))
    assert made["inputs"] == {name: unit for name, unit in LAWS["chinchilla"].units.items() if name in "ND"}
    rounded = made["published"][0]
    assert rounded["name"] == "hoffmann2022_A3_rounded"
    assert rounded["constants"] == {"E": 1.69, "A": 406.4, "B": 410.7, "alpha": 0.34, "beta": 0.28}
    assert len(made["published"]) == 18


def test_json_of_all() -> None:
    assert [law["name"] for law in json.loads(run("--json"))] == list(LAWS)
    fits = json.loads(run("--published", "--json"))
    assert [fit["name"] for fit in fits] == list(published)
    foreign = next(fit for fit in fits if fit["name"] == "luo2025_mpl_25M")
    assert (foreign["law"], foreign["params"]) == (None, None)


def test_how_far_published_constants_disagree() -> None:
    """LAWS.md section 2: N* in billions at Gopher's budget, tokens per parameter, a."""
    rows = {row["name"]: row for row in json.loads(run("--disagreement", "5.76e23", "--json"))}
    known = {
        "hoffmann2022_A3_rounded": (32.19, 92.6, 0.4516),
        "hoffmann2022_A3_tex": (40.36, 58.9, 0.4565),
        "hoffmann2022_A3_devries": (41.72, 55.2, 0.4572),
        "hoffmann2022_A3_frontier_tableA3": (42.26, 53.3, 0.4587),
        "besiroglu2024_paper": (72.25, 18.4, 0.5126),
        "hoffmann2022_A1_frontier": (67.8, 21.0, 0.4981),
    }
    for name, (N, ratio, a) in known.items():
        assert rows[name]["N"] / 1e9 == pytest.approx(N, rel=1e-3)
        assert rows[name]["tokens_per_parameter"] == pytest.approx(ratio, rel=2e-3)
        assert rows[name]["a"] == pytest.approx(a, abs=6e-5)
    assert "besiroglu2024_paper                       72.25B" in run("--disagreement", "5.76e23")


def test_a_budget_that_is_none() -> None:
    with pytest.raises(BadInput, match=r"^--disagreement must be a positive number, .*, got '0'"):
        run("--disagreement", "0")
