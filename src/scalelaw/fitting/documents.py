"""Documents of our own as JSON: the types that their fields must have, and a checksum of what was written."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints, is_typeddict

from scalelaw._checks import BadInput, bad_input, listed, shown

CHECKSUM = "checksum"
LARGEST = (1 << 63) - 1
ADVICE = "it was changed or cut after it was written; make it again"

_WORDS: dict[type, tuple[str, type | tuple[type, ...]]] = {
    bool: ("true or false", bool),
    str: ("text", str),
    int: ("a whole number", int),
    float: ("a number", (int, float)),
    NoneType: ("null", NoneType),
}
"""Plain types: in words, and what JSON gives for them (a truth value is no number here)."""


def read_object(path: Path, what: str, writer: str) -> dict[str, Any]:
    """The JSON object in a file.

    Args:
        path: the file.
        what: what a message calls it.
        writer: what wrote it, likewise.

    Raises:
        BadInput: it cannot be read, or holds something else.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise bad_input(what, "a readable file", f"{path} ({error.strerror})") from error
    except (ValueError, RecursionError) as error:
        raise bad_input(what, f"the JSON that {writer} wrote", f"{path}, which is not JSON") from error
    if isinstance(found, list):
        advice = f"a table of runs is read as JSON Lines: `jq -c '.[]' {path} > {path.stem}.jsonl`"
        raise bad_input(what, f"the JSON that {writer} wrote", f"{path}, which is an array", advice=advice)
    if not isinstance(found, dict):
        raise bad_input(what, f"the JSON that {writer} wrote", f"{path}, which is something else")
    return found


def sealed(document: Mapping[str, Any]) -> dict[str, Any]:
    """A document with the checksum of its fields, whatever their order."""
    return {**document, CHECKSUM: _checksum(document)}


def unsealed(document: Mapping[str, Any], place: object) -> dict[str, Any]:
    """The fields of a sealed document; of one without checksum, as was written before there was one, as they are.

    Raises:
        BadInput: they are not those that were written.
    """
    inner = {name: value for name, value in document.items() if name != CHECKSUM}
    if CHECKSUM in document and document[CHECKSUM] != _checksum(inner):
        raise bad_input("fields", "as they were written", "others", place=str(place), advice=ADVICE)
    return inner


def _checksum(document: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def check_shape(value: Any, hint: Any, where: str, place: object) -> None:
    """Check a value of JSON against a type: plain, a union, a tuple, list or mapping, a TypedDict or a dataclass.

    Args:
        value: as `json.loads` gives it.
        hint: the type; `Any` and types that JSON does not know are not checked.
        where: the field, for a message.
        place: the file, for a message.

    Raises:
        BadInput: naming the first field that is missing, unknown or of another type.
    """
    if is_typeddict(hint) or is_dataclass(hint):
        _check_fields(value, hint, where, place)
    elif hint in _WORDS:
        _check_plain(value, hint, where, place)
    elif NoneType in get_args(hint):
        if value is not None:
            (some,) = (each for each in get_args(hint) if each is not NoneType)
            check_shape(value, some, where, place)
    elif get_origin(hint) is not None:
        _check_entries(value, hint, where, place)


def _check_plain(value: Any, hint: Any, where: str, place: object) -> None:
    words, types = _WORDS[hint]
    if not isinstance(value, types) or (isinstance(value, bool) and hint is not bool):
        raise wrong(where, words, value, place)
    if isinstance(value, int) and abs(value) > LARGEST:
        raise wrong(where, f"{words} of 64 bits", value, place)


def _check_entries(value: Any, hint: Any, where: str, place: object) -> None:
    origin, inner = get_origin(hint), get_args(hint)
    if issubclass(origin, Mapping):
        _check_type(value, dict, "an object", where, place)
        for name, entry in value.items():
            check_shape(entry, inner[1], f"{where}.{name}", place)
        return
    _check_type(value, list, "a list", where, place)
    repeated = origin is list or inner[1:] == (...,)
    if not repeated:
        check_length(value, len(inner), where, place)
    for index, entry in enumerate(value):
        check_shape(entry, inner[0 if repeated else index], f"{where}[{index}]", place)


def _check_fields(value: Any, hint: Any, where: str, place: object) -> None:
    _check_type(value, dict, "an object", where, place)
    hints = get_type_hints(hint)
    optional = (
        {field.name for field in fields(hint) if field.default is not MISSING}
        if is_dataclass(hint)
        else hint.__optional_keys__
    )
    check_names(value, hints, where, place, optional=optional)
    for name, entry in value.items():
        check_shape(entry, hints[name], f"{where}.{name}", place)


def check_names(
    value: Mapping[str, Any], wanted: Iterable[str], where: str, place: object, optional: Iterable[str] = ()
) -> None:
    """Check that an object has the fields that are wanted and no other.

    Raises:
        BadInput: naming those that are missing or unknown.
    """
    missing, unknown = set(wanted) - set(optional) - set(value), set(value) - set(wanted)
    if missing or unknown:
        lacks = f"lacks {listed(sorted(missing))}" if missing else f"has {listed(sorted(unknown))} too"
        raise bad_input(
            where, f"whole ({listed(wanted, 12)})", f"one that {lacks}", place=str(place), advice=ADVICE
        )


def check_length(value: Any, length: int, where: str, place: object) -> None:
    """Check that an array has its length.

    Raises:
        BadInput: it has another.
    """
    if len(value) != length:
        raise bad_input(where, f"{length} entries", str(len(value)), place=str(place), advice=ADVICE)


def wrong(where: str, constraint: str, got: object, place: object) -> BadInput:
    """The error that a field of a document is not as it must be."""
    return bad_input(where, constraint, shown(got), place=str(place), advice=ADVICE)


def _check_type(value: Any, kind: type, words: str, where: str, place: object) -> None:
    if not isinstance(value, kind):
        raise wrong(where, words, value, place)
