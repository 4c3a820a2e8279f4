"""The lazy face: every public name comes when it is asked for, and nothing before."""

import subprocess
import sys
from types import ModuleType

import pytest

import scalelaw as sl


@pytest.mark.parametrize("name", sl.__all__)
def test_every_name_is_there(name: str) -> None:
    assert getattr(sl, name) is not None


def test_packages_are_among_them() -> None:
    for name in ("resampling", "uncertainty", "laws", "studies", "plots"):
        assert isinstance(getattr(sl, name), ModuleType)
        assert name in dir(sl)


def test_another_name_is_refused() -> None:
    with pytest.raises(AttributeError, match=r"^module 'scalelaw' has no attribute 'fits'$"):
        sl.fits  # noqa: B018


def test_a_bare_import_loads_nothing_of_others() -> None:
    """Not even what reads the version."""
    script = (
        "import sys, scalelaw\n"
        "heavy = {'numpy', 'jax', 'pandas', 'importlib.metadata'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "assert scalelaw.__version__"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
