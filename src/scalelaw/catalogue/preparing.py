"""From what is published to a table, where that is not one."""

import json
from collections.abc import Callable


def prepared(way: str, content: bytes) -> bytes:
    """The table that `content` makes; as it is where there is no way, or where it is not what is published."""
    try:
        return WAYS[way](content) if way else content
    except (ValueError, KeyError, TypeError):
        return content


def isoflop_curves(content: bytes) -> bytes:
    """A JSON list of parameters, compute_budget and final_loss as CSV, with D = C / (6 N)."""
    lines = ["params,budget,loss,tokens,flops"]
    for run in json.loads(content):
        N, C, L = float(run["parameters"]), float(run["compute_budget"]), float(run["final_loss"])
        lines.append(f"{N!r},{C!r},{L!r},{C / (6 * N)!r},{C!r}")
    return ("\n".join(lines) + "\n").encode()


WAYS: dict[str, Callable[[bytes], bytes]] = {"isoflop-curves": isoflop_curves}
