"""`scalelaw size`."""

from typing import Annotated, Any

import typer

from scalelaw._text import table
from scalelaw.cli.options import AsJson, option
from scalelaw.cli.terminal import print_json, wrapped
from scalelaw.flops import COUNTS, FLOP_COUNTS, Parameters, Transformer, active_parameters, parameters
from scalelaw.numbers import amount, format_number

FFW, VARIANT = "Feed-forward network", "Variants"

Rows = list[tuple[str, ...]]


def size(
    layers: Annotated[int, option("--layers", "Blocks of attention and FFW.")],
    width: Annotated[int, option("--width", "Of the residual stream, d_model.")],
    heads: Annotated[int, option("--heads", "Attention heads of a layer.")],
    vocabulary: Annotated[int, option("--vocabulary", "Tokens the model knows.")],
    context: Annotated[int, option("--context", "Tokens of a training sequence.")] = 2048,
    tokens: Annotated[str | None, option("--tokens", "Training tokens, e.g. 1.4T.", metavar="NUMBER")] = None,
    ffw: Annotated[int | None, option("--ffw", "Hidden width; 4 x width unless given.", FFW)] = None,
    glu: Annotated[bool, option("--glu", "Gated: three matrices.", FFW)] = False,
    experts: Annotated[int, option("--experts", "FFW networks in each layer.", FFW)] = 1,
    active_experts: Annotated[int, option("--active-experts", "How many of them a token passes.", FFW)] = 1,
    key_size: Annotated[
        int | None, option("--key-size", "Width of a head; width / heads unless given.", VARIANT)
    ] = None,
    kv_heads: Annotated[
        int | None, option("--kv-heads", "Heads of keys and values; all unless given.", VARIANT)
    ] = None,
    tied: Annotated[bool, option("--tied", "Logits by the embedding matrix.", VARIANT)] = False,
    positions: Annotated[
        str,
        option("--positions", "rotary (no parameters), learned, or relative (a fifth matrix).", VARIANT),
    ] = "rotary",
    as_json: AsJson = False,
) -> None:
    """Count a transformer's parameters and training FLOP, under every convention side by side.

    Examples:
      scalelaw size --layers 80 --width 8192 --heads 64 --vocabulary 32000 --tied

      scalelaw size --layers 8 --width 512 --heads 8 --vocabulary 50257 --tokens 3B

      scalelaw size --layers 32 --width 4096 --heads 32 --vocabulary 128256 --glu

      scalelaw size --layers 9 --width 512 --heads 8 --vocabulary 32000 --experts 8
    """
    model = Transformer(
        layers=layers,
        width=width,
        heads=heads,
        vocabulary=vocabulary,
        key_size=key_size,
        kv_heads=kv_heads,
        ffw=ffw,
        glu=glu,
        context=context,
        tied=tied,
        positions=positions,
        experts=experts,
        active_experts=active_experts,
    )
    D = None if tokens is None else amount("--tokens", tokens)
    if as_json:
        print_json(_summary(model, D))
    else:
        typer.echo("\n".join([*_parameter_lines(model), "", *_flop_lines(model, D)]))


def _summary(model: Transformer, tokens: float | None) -> dict[str, Any]:
    made, active = parameters(model), active_parameters(model)
    return {
        "parameters": _counts(made),
        "active_parameters": _counts(active),
        "tokens": tokens,
        "flops": {
            name: {
                "per_token": count.training(model),
                "training": None if tokens is None else count.training(model) * tokens,
                "ratio_to_6ND": _ratio(model, name),
                "description": count.description,
            }
            for name, count in FLOP_COUNTS.items()
        },
    }


def _counts(made: Parameters) -> dict[str, int]:
    return {name: of(made) for name, of in COUNTS.items()} | _parts(made)


def _parts(made: Parameters) -> dict[str, int]:
    """The parts; a tied head is none of its own."""
    return {
        "attention": made.attention,
        "relative positions": made.relative,
        "FFW": made.ffw,
        "router": made.router,
        "embeddings": made.embeddings,
        "head": 0 if made.tied else made.head,
    }


def _ratio(model: Transformer, name: str) -> float:
    return FLOP_COUNTS[name].training(model) / FLOP_COUNTS["6ND"].training(model)


def _parameter_lines(model: Transformer) -> list[str]:
    """The counts, and where there are experts those that a token passes."""
    made, active = _counts(parameters(model)), _counts(active_parameters(model))
    sparse = model.experts > 1
    head = ("parameters", "all", "a token passes") if sparse else ("parameters", "")
    columns = (made, active) if sparse else (made,)
    return _table(head, [(name, *(f"{count[name]:,}" for count in columns)) for name in made if made[name]])


def _flop_lines(model: Transformer, tokens: float | None) -> list[str]:
    """The FLOP by each rule, and what each rule is."""
    amounts = {"a token": 1.0} | ({} if tokens is None else {f"{format_number(tokens)} tokens": tokens})
    rows = []
    for name, count in FLOP_COUNTS.items():
        flops = [count.training(model) * times for times in amounts.values()]
        shown = (f"{value:.4g}".replace("e+", "e") for value in flops)
        rows.append((name, *shown, f"{_ratio(model, name):.3f}"))
    wide = max(map(len, FLOP_COUNTS))
    rules = (wrapped(f"  {name:<{wide}}  ", count.description) for name, count in FLOP_COUNTS.items())
    return [
        *_table(("training FLOP", *amounts, "of 6ND"), rows),
        "",
        *(line for rule in rules for line in rule),
    ]


def _table(heading: tuple[str, ...], rows: Rows) -> list[str]:
    """A heading, and rows of an indented name and right-aligned numbers."""
    width = 2 + max(len(row[0]) for row in (heading, *rows))
    indented = [(f"  {name}", *numbers) for name, *numbers in rows]
    return table(indented, "<" + ">" * (len(heading) - 1), heading=heading, widths=(width,))
