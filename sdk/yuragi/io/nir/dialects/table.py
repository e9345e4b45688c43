"""The dialects by name, and the guess where a user names none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from yuragi.errors import GraphError
from yuragi.io.nir.dialects.exact import EXACT, NENGO
from yuragi.io.nir.dialects.lava import LAVA
from yuragi.io.nir.dialects.norse import NORSE
from yuragi.io.nir.dialects.rockpool import ROCKPOOL
from yuragi.io.nir.dialects.rule import Dialect
from yuragi.io.nir.dialects.sinabs import SINABS
from yuragi.io.nir.dialects.snntorch import SNNTORCH
from yuragi.io.nir.dialects.spyx import SPYX
from yuragi.io.nir.nodes import NirGraph

__all__ = ["DEFAULT_DT", "DIALECTS", "LOIHI", "find_dialect", "guess"]

DEFAULT_DT: Final = 1e-4  # of the NIR paper and of snnTorch's exporter
LOIHI: Final = "loihi"
DIALECTS: Final[Mapping[str, Dialect]] = {
    each.name: each for each in (EXACT, LAVA, NENGO, NORSE, ROCKPOOL, SINABS, SNNTORCH, SPYX)
}


def find_dialect(name: str) -> Dialect:
    """The dialect of that name; GraphError where there is none."""
    if name not in DIALECTS:
        listed = ", ".join(sorted((*DIALECTS, LOIHI)))
        raise GraphError(f"no NIR dialect {name!r}; there are {listed}")
    return DIALECTS[name]


def guess(graph: NirGraph) -> tuple[str, str]:
    """The dialect that a file seems to be written in, and why it seems so."""
    ratios = []
    for node in graph.nodes.values():
        tau = node.values.get("tau", node.values.get("tau_mem"))
        if node.kind in ("LIF", "CubaLIF") and tau is not None:
            ratios.append(node.array("r") * DEFAULT_DT / np.asarray(tau))
    if ratios and all(np.allclose(ratio, 1.0, rtol=1e-4) for ratio in ratios):
        return "snntorch", "every r is tau / 0.1 ms, as snnTorch's exporter writes it"
    return "nengo", "the file does not say who wrote it: closed form, reset at the end of a step"
