"""The machine a measurement ran on: cores, memory, processor, versions."""

import os
import platform
import resource
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

LIBRARIES = ("numpy", "scipy", "jax", "optax", "optimistix", "scalelaw")
MAXRSS_PER_MEGABYTE = 2**20 if sys.platform == "darwin" else 2**10  # bytes there, KiB elsewhere


def cores() -> int:
    """The cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def peak_megabytes() -> float:
    """Peak resident memory of this process plus, for each core, that of the largest finished child."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return (own + cores() * child) / MAXRSS_PER_MEGABYTE


def describe() -> dict[str, Any]:
    return {
        "cpu": cpu_model(),
        "cores": cores(),
        "device": device(),
        "python": platform.python_version(),
        "versions": {name: found for name in LIBRARIES if (found := installed(name))},
    }


def cpu_model() -> str:
    about = Path("/proc/cpuinfo")
    lines = about.read_text().splitlines() if about.exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def device() -> str:
    """Where JAX computed, if this process used JAX at all."""
    jax = sys.modules.get("jax")
    return str(jax.devices()[0].device_kind) if jax else "cpu"


def installed(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None
