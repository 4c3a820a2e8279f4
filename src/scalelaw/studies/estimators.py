"""Estimators on disk: JSON whose "format" line says what reads it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scalelaw._checks import bad_input
from scalelaw.approaches.envelope import FORMAT as ENVELOPE
from scalelaw.approaches.envelope import Envelope
from scalelaw.approaches.isoflop import FORMAT as ISOFLOP
from scalelaw.approaches.isoflop import IsoFLOP
from scalelaw.fitting import archive
from scalelaw.fitting.result import Fit
from scalelaw.laws import Law
from scalelaw.resampling.estimator import Estimator

Document = dict[str, Any]


LOADERS: dict[str, Callable[[Document, str | Path, Law | None], Estimator]] = {
    archive.FORMAT: lambda document, place, law: Fit(**archive.restored(document, place, law)),
    ENVELOPE: lambda document, place, law: Envelope.restored(document, place),
    ISOFLOP: lambda document, place, law: IsoFLOP.restored(document, place, law),
}
"""Format line -> what makes the estimator of its document, where it stood, and a law of the user's own."""


def text_of(estimator: Estimator) -> str:
    """An estimator as JSON, which `restore_estimator` reads."""
    return json.dumps(estimator.document(), indent=1, allow_nan=False) + "\n"


def load_estimator(path: Path, law: Law | None = None) -> Any:
    """The estimator in a file that holds its `text_of`.

    Raises:
        BadInput: if it cannot be read or is something else, or its law is unknown.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise bad_input("fit file", "a readable file", f"{path} ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise bad_input("fit file", "text in UTF-8", str(path)) from error
    return restore_estimator(text, path, law)


def restore_estimator(text: str, place: str | Path, law: Law | None = None) -> Any:
    """An estimator from the text of its document, which stood in `place`."""
    try:
        document = json.loads(text)
        loader = LOADERS[document["format"]]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        known = ", ".join(map(repr, LOADERS))
        raise bad_input("fit file", f"the JSON of an estimator ({known})", str(place)) from error
    return loader(document, place, law)
