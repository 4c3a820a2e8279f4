"""A law by name, or from a user's file."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from scalelaw._checks import BadInput, bad_input, check_choice, listed, one_line, shown
from scalelaw.laws.law import Law


def find_law(text: str, known: dict[str, Law]) -> Law:
    """The law that `text` names: one of `known`, or `path/to/file.py:NAME` for a user's own.

    Raises:
        BadInput: for an unknown name, a file that is missing or does not import, or a NAME that is no `Law`.
    """
    path, colon, name = text.rpartition(":")
    if not colon or not path.endswith(".py"):
        return known[check_choice("law", text, known)]
    law = getattr(_module(Path(path)), name, None)
    if isinstance(law, Law):
        return law
    laws = [key for key, value in vars(_module(Path(path))).items() if isinstance(value, Law)]
    got = shown(name) if law is None else f"{shown(name)}, a {type(law).__name__}"
    raise bad_input(f"law of {path}", f"a Law in that file ({listed(laws) or 'it defines none'})", got)


def _module(path: Path) -> ModuleType:
    name = f"scalelaw_user_{path.stem}"
    if name in sys.modules and sys.modules[name].__file__ == str(path.resolve()):
        return sys.modules[name]
    if not path.is_file():
        raise bad_input("law file", "an existing Python file", str(path))
    spec = importlib.util.spec_from_file_location(name, path.resolve())
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        reason = one_line(f"{type(error).__name__}: {error}")
        raise BadInput(
            f"law file {path} does not import: {reason[:300]}; run `python {path}` to see where"
        ) from error
    sys.modules[name] = module
    return module
