"""yuragi: describe a neural network once; run it as floats, as a chip's integers, as joules.

Names are loaded when they are first used, so that `import yuragi` and `yuragi --help` cost little.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {
    "AvgPool2d": "yuragi.wiring.convolution",
    "Conv1d": "yuragi.wiring.convolution",
    "Conv2d": "yuragi.wiring.convolution",
    "Convolution": "yuragi.wiring.convolution",
    "Dense": "yuragi.wiring.maps",
    "Dynamics": "yuragi.dynamics",
    "Graph": "yuragi.graph",
    "Network": "yuragi.network",
    "Plasticity": "yuragi.plasticity",
    "Recording": "yuragi.recording",
    "Sparse": "yuragi.wiring.maps",
    "SumPool2d": "yuragi.wiring.convolution",
    "charge": "yuragi.power.charge",
    "budget": "yuragi.planning.budget",
    "compare": "yuragi.power.compare",
    "compile": "yuragi.backend",
    "difference": "yuragi.differing",
    "energy": "yuragi.power.energy",
    "estimate": "yuragi.planning.estimate",
    "from_nir": "yuragi.io.nir.importing",
    "from_torch": "yuragi.io.nir.torch_modules",
    "hebbian": "yuragi.wiring.rules",
    "load": "yuragi.loading",
    "measure": "yuragi.metering.measure",
    "one_to_one": "yuragi.wiring.rules",
    "profile": "yuragi.hardware.load",
    "profiles": "yuragi.hardware.load",
    "random": "yuragi.wiring.rules",
    "report": "yuragi.power.statement",
    "ring": "yuragi.wiring.rules",
    "sweep": "yuragi.sweeping.sweep",
    "to_nir": "yuragi.io.nir.writing",
    "validate": "yuragi.validation.points",
}
_RENAMED = {
    "AvgPool2d": "avg_pool2d",
    "Conv1d": "conv1d",
    "Conv2d": "conv2d",
    "SumPool2d": "sum_pool2d",
    "profile": "load",
    "profiles": "names",
    "report": "statement",
}
_MODULES = {"baseline": "yuragi.power.baseline"}

__all__ = [  # noqa: PLE0604 - every name is in _HOME or _MODULES
    *sorted((*_HOME, *_MODULES)),
]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        found: Any = import_module(_MODULES[name])
    elif name in _HOME:
        found = getattr(import_module(_HOME[name]), _RENAMED.get(name, name))
    else:
        raise AttributeError(f"module 'yuragi' has no attribute {name!r}")
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted((*__all__, "__version__"))
