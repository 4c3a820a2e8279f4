"""What every test shares: strict promotion of dtypes, checked annotations, and the shared data sets."""

from pathlib import Path

import jax
import pytest

jax.config.update("jax_numpy_dtype_promotion", "strict")

# Modules whose annotations hold at run time, tracers included.
CHECKED = (
    "scalelaw.solve.linear",
    "scalelaw.solve.solution",
    "scalelaw.fit.certificate",
    "scalelaw.fit.coordinates",
    "scalelaw.fit.curvature",
    "scalelaw.fit.identify",
    "scalelaw.fit.scout",
)

try:
    import beartype  # noqa: F401
    from jaxtyping import install_import_hook
except ImportError:  # the tests run without beartype, unchecked
    pass
else:
    install_import_hook(CHECKED, "beartype.beartype")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of other people's training runs, which the project does not ship."""
    folder = Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the shared data sets are not here")
    return folder
