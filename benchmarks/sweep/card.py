"""The data card: what the tables are, with every number read from the runs or from the code that made them."""

import numpy as np
import pandas as pd

from sweep import corpus, model, plan, train

ROLES = {
    "isoflop": "profiles of a budget, for Approach 2 and 3",
    "horizon": f"one size trained for {len(plan.HORIZONS)} lengths, 16-fold in all, for Approach 1 and 3",
    "seed": "cells of the profiles again from other seeds: the noise",
    "lr": "cells of the profiles again at other learning rates: the check of the rule; leave them out of fits",
    "heldout": "far above the largest budget: leave them out of fits and predict them",
}


def card(table: pd.DataFrame, planned: int, versions: dict[str, str]) -> str:
    """The card of a table of runs as `collect` makes it."""
    return "\n".join(
        [
            "# A real sweep of tiny language models\n",
            f"{len(table)} of {planned} planned decoder-only transformers, trained on bytes by",
            "`python benchmarks/train_sweep.py`. Nothing is simulated.\n",
            *_what(table),
            *_how(versions),
            *_noise(table),
            *_rates(table),
            *_caveats(),
        ]
    )


def _what(table: pd.DataFrame) -> list[str]:
    profiles = table[table["role"] == "isoflop"]
    counts = table["role"].value_counts()
    return [
        "## What",
        "- `sweep.csv`, a row a run; `sweep_curves.csv.gz`, a row a point of a training curve.",
        *(f"- Role `{role}`: {counts.get(role, 0)} runs; {text}." for role, text in ROLES.items()),
        f"- Profiles: {profiles['budget'].nunique()} budgets from {profiles['flops'].min():.2g} to "
        f"{profiles['flops'].max():.2g} FLOP.",
        f"- Sizes: {table['params'].min():,} to {table['params'].max():,} parameters; "
        f"{table['tokens'].min():,} to {table['tokens'].max():,} tokens.",
        "- `params`: all of them, embeddings (tied with the head) counted; `params_non_embedding`: the blocks'.",
        "- `flops`: 6 x params x tokens; `flops_exact`: every matrix product, attention unmasked, looking up",
        "  embeddings free (`scalelaw.flops`, count `exact`).",
        f"- `loss`: on the {corpus.HELD_OUT * model.CONTEXT:,} held-out bytes when training ended; "
        "`last_train_loss`: the curve's end;",
        f"  a curve's point is the mean training loss of the last {train.SMOOTHING:.0%} of the steps up to it. "
        "Nats a byte.",
        f"- `diverged`: {int(table['diverged'].sum())} runs; the loss is no number, or the curve ends "
        f"{train.DIVERGED_BY} above its lowest point.",
        "- Licence of the tables: CC-BY-4.0.\n",
    ]


def _how(versions: dict[str, str]) -> list[str]:
    return [
        "## How",
        f"- Text: all Python files of {corpus.PACKAGE} {corpus.VERSION} ({corpus.LICENCE}), joined by name; "
        f"SHA-256 `{corpus.SHA256}`.",
        f"- Cut into windows of {model.CONTEXT} predicted bytes, shuffled once; {corpus.HELD_OUT:,} windows "
        "are held out, every other is seen at most once.",
        "- Model: pre-norm, rotary positions, squared ReLU, feed-forward network 4 x width, heads about 16 wide,",
        "  tied embeddings, no biases, norms without gains, no dropout; float32.",
        f"- Shape: {plan.LAYERS} layers, only the width differs.",
        f"- Optimiser: AdamW, betas {train.BETAS}, weight decay {train.WEIGHT_DECAY} x learning rate; "
        f"{train.WARM_UP:.0%} warm-up, then cosine to {train.FINAL_RATE:.0%} of the peak at the run's last step.",
        f"- Learning rate: {plan.RATE} for embeddings, {plan.RATE} x {model.BASE_WIDTH} / width for hidden "
        f"matrices; logits x {model.LOGIT_GAIN:g} / width (Yang et al. 2022, arXiv:2203.03466).",
        "- Batch: as many tokens as there are steps, sqrt(tokens), in whole multiples of "
        f"{plan.MICRO * model.CONTEXT}.",
        "- Sizes of a budget: around a best size that pilot runs suggested, "
        f"{plan.PILOT_BEST:,} x (C / {plan.BUDGETS[0]:.0e})^{plan.PILOT_EXPONENT}.",
        f"- Versions: {', '.join(f'{name} {number}' for name, number in versions.items())}.\n",
    ]


def _noise(table: pd.DataFrame) -> list[str]:
    """Standard deviation of the log loss between seeds, cell by cell; the seed 0 of a cell is its profile's run."""
    same = table[table["role"].isin(["isoflop", "seed"]) & ~table["diverged"]]
    cells = same.assign(log_loss=np.log(same["loss"])).groupby(["budget", "params"], sort=False)["log_loss"]
    spread = cells.agg(seeds="size", sd="std").query("seeds >= 3").reset_index()
    lines = [
        f"| {cell.budget} | {cell.params:,} | {cell.seeds} | {100 * cell.sd:.2f} % |"
        for cell in spread.itertuples()
    ]
    return [
        "## Noise between seeds",
        "| budget, FLOP | parameters | seeds | sd of log loss |",
        "|---|---|---|---|",
        *lines,
        "",
    ]


def _rates(table: pd.DataFrame) -> list[str]:
    """How much each other learning rate lost or won against the rule's, cell by cell."""
    rule = table[table["role"] == "isoflop"].set_index(["budget", "params"])["loss"]
    tried = table[table["role"] == "lr"].assign(factor=lambda runs: runs["learning_rate"] / plan.RATE)
    lines = [
        f"| {run.budget} | {run.params:,} | {run.factor:g} "
        f"| {run.loss - rule.get((run.budget, run.params), float('nan')):+.4f} |"
        for run in tried.sort_values(["flops", "params", "factor"]).itertuples()
    ]
    return [
        "## Check of the learning rate",
        "| budget, FLOP | parameters | x the rule's | loss against the rule's |",
        "|---|---|---|---|",
        *lines,
        "",
    ]


def _caveats() -> list[str]:
    return [
        "## Caveats",
        "- Bytes of Python code, not words: no exponent or tokens per parameter carries over to language models.",
        "- Held-out windows are drawn from the same files as those trained on, so that names are shared.",
        f"- A context of {model.CONTEXT} bytes; embeddings are most of the smallest models, so that the two",
        "  conventions of N differ much.",
        "- The learning rate follows one rule and is tuned nowhere; the check above says what that costs.",
        "- Numbers repeat bit for bit on one machine under one set of versions; another processor rounds anew.",
        "",
    ]
