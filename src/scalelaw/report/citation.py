"""How to cite what made a report."""

from collections.abc import Mapping

BIBTEX = """@software{{scalelaw,
  title   = {{scalelaw: neural scaling laws, fitted and certified in JAX}},
  author  = {{{{The scalelaw authors}}}},
  version = {{{version}}},
  license = {{Apache-2.0}},
  note    = {{{law}}}
}}"""


def bibtex(versions: Mapping[str, str], law: str) -> str:
    """The entry, with the version that made the fit and the law that was fitted."""
    return BIBTEX.format(version=versions.get("scalelaw", ""), law=f"law fitted: {law}")
