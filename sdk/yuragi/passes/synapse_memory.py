"""What the synapses of a core take of its memory, each projection in its cheapest encoding."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from yuragi.graph import Edge, Graph, Node
from yuragi.hardware.profile import Profile
from yuragi.placement import Placement
from yuragi.wiring.maps import synaptic

__all__ = ["Held", "held_synapses", "in_words", "synapse_bits"]

Array = NDArray[Any]
_FEW_SYNAPSES = 20_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The synapses of one projection on one core.

    core: an index into the placement's `used`.
    bits: by encoding; sparse holds a weight and a target number of ceil(log2 units) bits for each
        synapse, dense a weight for every pair of a source that reaches the core and a target on
        it, convolution one kernel.
    """

    edge: Edge
    core: int
    synapses: int
    bits: dict[str, int]

    @property
    def encoding(self) -> str:
        """The cheapest; the first of equals in the order convolution, dense, sparse."""
        return min(sorted(self.bits), key=self.bits.__getitem__)

    @property
    def cheapest(self) -> int:
        """Bits in the cheapest encoding."""
        return self.bits[self.encoding]


def held_synapses(graph: Graph, placement: Placement, profile: Profile) -> tuple[Held, ...]:
    """Every projection on every core that holds a target of it."""
    weight = profile.number("weight_bits")
    if weight is None:
        return ()
    cores = len(placement.used)
    found = []
    for edge in graph.edges:
        home = placement.core_of(edge.target)
        matrix = edge.weights.csr()
        kept = matrix if edge.plasticity else synaptic(matrix)
        synapses = np.bincount(home, weights=np.diff(kept.indptr), minlength=cores)
        targets = np.bincount(home, minlength=cores)
        sources = _sources(kept, home, cores)
        shared = edge.weights.shared_weights
        for core in np.flatnonzero(synapses):
            index = max(1, math.ceil(math.log2(max(int(targets[core]), 2))))
            bits = {
                "sparse": int(synapses[core]) * (weight + index),
                "dense": int(sources[core]) * int(targets[core]) * weight,
            }
            if shared is not None:
                bits["convolution"] = shared * weight
            found.append(Held(edge=edge, core=int(core), synapses=int(synapses[core]), bits=bits))
    return tuple(found)


def _sources(matrix: scipy.sparse.csr_array, home: Array, cores: int) -> Array:
    """Source units that reach each core; all of them in matrices that take long to look through."""
    if cores == 1 or matrix.nnz > _FEW_SYNAPSES:
        reaching = len(np.unique(matrix.indices)) if matrix.nnz <= _FEW_SYNAPSES else None
        return np.full(cores, matrix.shape[1] if reaching is None else reaching)
    row_core = np.repeat(home, np.diff(matrix.indptr))
    pairs = np.unique(row_core * np.int64(matrix.shape[1]) + matrix.indices)
    return np.bincount(pairs // matrix.shape[1], minlength=cores)


def in_words(held: Iterable[Held]) -> tuple[str, ...]:
    """The encodings that were taken, a line for each projection."""
    by_edge: dict[str, list[Held]] = {}
    for each in held:
        by_edge.setdefault(each.edge.name, []).append(each)
    lines = []
    for name, parts in by_edge.items():
        taken = Counter(part.encoding for part in parts)
        chosen = " and ".join(
            f"{encoding} on {cores} core(s)" if len(parts) > 1 else encoding
            for encoding, cores in sorted(taken.items())
        )
        total = {e: sum(part.bits[e] for part in parts) for e in parts[0].bits}
        compared = ", ".join(f"{encoding} {bits:,}" for encoding, bits in sorted(total.items()))
        lines.append(
            f"{name}: {chosen}, {sum(p.cheapest for p in parts):,} bits of synapses ({compared})"
        )
    return tuple(lines)


def synapse_bits(graph: Graph, node: Node, profile: Profile) -> NDArray[np.int64]:
    """Bits that each unit's inputs take at most, however its population is cut.  shape (size,)

    A bound that adds up over units: each projection as the cheaper of sparse and dense with all
    sources, target numbers as wide as for the whole population. A kernel that serves every place is
    held once by a core and counts in even shares.
    """
    total = np.zeros(node.size, dtype=np.int64)
    weight = profile.number("weight_bits")
    if weight is None:
        return total
    index = max(1, math.ceil(math.log2(max(node.size, 2))))
    for edge in graph.edges:
        if edge.target != node.name:
            continue
        synapses = np.diff(synaptic(edge.weights.csr()).indptr).astype(np.int64)
        sparse = synapses * (weight + index)
        dense = np.full(node.size, edge.weights.shape[1] * weight)
        chosen = sparse if sparse.sum() <= dense.sum() else dense
        shared = edge.weights.shared_weights
        if shared is not None:
            # A core holds a kernel once; its units carry it together.
            chosen = np.minimum(chosen, math.ceil(shared * weight / node.size))
        total += chosen
    return total
