"""The folder of a study, begun or gone on with: refused where it holds another one."""

from dataclasses import replace
from pathlib import Path

import jax

from scalelaw._checks import bad_input
from scalelaw.fitting import Fit
from scalelaw.studies import manifest
from scalelaw.studies.crew import wait_until
from scalelaw.studies.manifest import Manifest
from scalelaw.studies.parts import keep_first, parts
from scalelaw.studies.whole import Study


def opened(folder: Path, fit: Fit, asked: Manifest, *, keep_chunk: bool = True) -> Study:
    """The study that `asked` describes, with the fit that began it.

    Args:
        folder: of the study.
        fit: what is repeated; written if the study is new.
        asked: what the study must be.
        keep_chunk: whether the study's own chunk stands against that of `asked`.

    Raises:
        BadInput: if the folder cannot be made, or holds another study, or one of more replicates.
    """
    first = jax.process_index() == 0
    if first and not (folder / "study.json").exists():
        _begin(folder, fit, asked)
    wait_until((folder / "study.json").exists)
    there = manifest.read(folder)
    there.refuse_other(asked, str(folder))
    if asked.replicates < there.replicates:
        wanted = f"at least those of the study ({there.replicates})"
        raise bad_input("replicates", wanted, str(asked.replicates), place=str(folder))
    grown = replace(there, replicates=asked.replicates, chunk=there.chunk if keep_chunk else asked.chunk)
    if first and grown != there:
        grown.write(folder / "study.json")
    wait_until(lambda: manifest.read(folder) == grown)
    return Study.load(folder, fit.law)


def _begin(folder: Path, fit: Fit, asked: Manifest) -> None:
    """Write the fit, then the manifest: of shards that begin together, the first to write decides both."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        stray = parts(folder)
    except OSError as error:
        raise bad_input("out", "a folder that can be written", f"{folder} ({error.strerror})") from error
    if stray:
        raise bad_input("out", "a new folder or a study", f"{folder}, whose parts have no study.json")
    keep_first(folder / "fit.json", fit.save)
    saved = Fit.load(folder / "fit.json", fit.law)
    began = asked.of_fit(saved)
    began.refuse_other(asked, str(folder / "fit.json"))
    keep_first(folder / "study.json", began.write)
