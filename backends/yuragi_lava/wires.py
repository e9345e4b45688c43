"""Projections as Lava's Dense, Sparse, DelaySparse and Conv, or as one of our own.

Lava's fixed-point processes hold weights from -256 to 255 without the lowest bit ("mixed"), from 0
to 255 or from -255 to 0, times 2^weight_exp, and add up in 32 bits. In floats every projection is
compressed rows, which Lava adds up in the order of the reference; Dense adds in another order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from yuragi.graph import Edge
from yuragi.wiring.convolution import Convolution
from yuragi.wiring.maps import Dense
from yuragi_lava.plan import Argument

__all__ = ["Bundle", "bundles", "largest_sums", "process"]

Array = NDArray[Any]
_LONGEST = 64
_SUM = 2**30
_IMAGE_SUM = 2**23
_BYTE = 127
_ONE_SIGN = 255


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bundle:
    """Projections that share a process: all alike but for their delays.

    graded: whether their source sends values.      gain: what float weights are multiplied by.
    exponent: a negative one that is left to the sum, else 0.
    bounded: whether no sum, whatever is sent, can leave 32 bits.
    """

    edges: tuple[Edge, ...]
    graded: bool
    integer: bool
    gain: float = 1.0
    exponent: int = 0
    bounded: bool = True

    @property
    def delays(self) -> tuple[int, ...]:
        """Of each projection, in steps."""
        return tuple(edge.delay for edge in self.edges)


def bundles(edges: Sequence[Edge]) -> list[tuple[Edge, ...]]:
    """A delay for each synapse, which a graph holds as a projection for each delay, is one process.

    Projections that have a synapse in common stay apart.
    """
    found: dict[tuple[object, ...], list[list[Edge]]] = {}
    for k, edge in enumerate(edges):
        if not edge.weights.synapses:
            continue
        within = 1 <= edge.delay <= _LONGEST
        key: tuple[object, ...] = (edge.source, edge.target, edge.port, edge.shift, edge.sign)
        groups = found.setdefault((*key, edge.cut) if within else (k,), [])
        group = next((held for held in groups if _apart(held, edge)), None)
        if group is None:
            groups.append([edge])
        else:
            group.append(edge)
    return [tuple(group) for groups in found.values() for group in groups]


def _apart(group: Sequence[Edge], edge: Edge) -> bool:
    """Whether a projection has another delay than all of a group, and other synapses."""
    if edge.delay in [other.delay for other in group]:
        return False
    taken = scipy.sparse.csr_array(edge.weights.shape, dtype=np.int64)
    for other in (*group, edge):
        taken = taken + (other.weights.csr() != 0).astype(np.int64)
    return int(taken.max()) <= 1


def process(bundle: Bundle, trials: int) -> tuple[str, dict[str, Argument]]:
    """The class and its arguments."""
    edge = bundle.edges[0]
    lowest, longest = min(bundle.delays), max(bundle.delays)
    if lowest < 1 or longest > _LONGEST or (bundle.integer and not _fits(bundle)):
        weights = _rows(edge, trials) * (1 if bundle.integer else bundle.gain)
        return "Projection", {"weights": weights, "delay": edge.delay, "shift": edge.shift}
    if longest == 1 and trials == 1 and _is_image(bundle):
        return "Conv", _image(bundle)
    arguments: dict[str, Argument] = {}
    factor: float = bundle.gain
    if bundle.integer:
        factor, arguments = _registers(bundle)
    weights, delays = _merged(bundle, trials)
    kind = np.int32 if bundle.integer else np.float64
    weights = weights.astype(kind) * kind(factor)
    if longest == 1 and trials == 1 and bundle.integer and isinstance(edge.weights, Dense):
        bits = 24 if bundle.graded else 0
        return "Dense", {"weights": weights.toarray(), "num_message_bits": bits, **arguments}
    bits = 24 if bundle.graded else 1
    arguments = {"weights": weights, "num_message_bits": bits, **arguments}
    if longest == 1:
        return "Sparse", arguments
    return "DelaySparse", {**arguments, "delays": delays, "max_delay": longest - 1}


def _rows(edge: Edge, trials: int) -> scipy.sparse.csr_array:
    """Compressed rows of all trials, side by side."""
    rows = edge.weights.csr().copy()
    rows.eliminate_zeros()
    if trials > 1:
        rows = scipy.sparse.block_diag([rows] * trials, format="csr")
    rows = scipy.sparse.csr_array(rows)
    rows.sort_indices()
    return rows


def _merged(bundle: Bundle, trials: int) -> tuple[scipy.sparse.csr_array, scipy.sparse.csr_array]:
    """Weights and delays of the projections of a bundle, the delays one step shorter as in Lava."""
    if len(bundle.edges) == 1:
        rows = _rows(bundle.edges[0], trials)
        late = np.full(rows.nnz, bundle.delays[0] - 1, dtype=np.int64)
        return rows, scipy.sparse.csr_array((late, rows.indices, rows.indptr), shape=rows.shape)
    parts = [_rows(edge, trials).tocoo() for edge in bundle.edges]
    post = np.concatenate([part.coords[0] for part in parts])
    pre = np.concatenate([part.coords[1] for part in parts])
    values = np.concatenate([part.data for part in parts])
    late = np.repeat([d - 1 for d in bundle.delays], [part.nnz for part in parts])
    order = np.lexsort((pre, post))
    shape = parts[0].shape
    indptr = np.concatenate(([0], np.cumsum(np.bincount(post, minlength=shape[0]))))
    made = (
        scipy.sparse.csr_array((held[order], pre[order], indptr), shape=shape)
        for held in (values, late.astype(np.int64))
    )
    return next(made), next(made)


# -- integers ------------------------------------------------------------------------------------


def _fits(bundle: Bundle) -> bool:
    """Whether Lava's eight bits hold the weights, and its 32 bits their sums."""
    if not bundle.bounded:
        return False
    values = np.concatenate([edge.weights.values() for edge in bundle.edges])
    low, high = int(values.min(initial=0)), int(values.max(initial=0))
    if bundle.edges[0].sign == "mixed" or low < 0 < high:
        return low >= -_BYTE - 1 and high <= _BYTE
    return low >= -_ONE_SIGN and high <= _ONE_SIGN


def _registers(bundle: Bundle) -> tuple[int, dict[str, Argument]]:
    """A factor for the weights as held, and Lava's sign mode and exponent with it."""
    edge = bundle.edges[0]
    shift = edge.shift + bundle.exponent
    values = np.concatenate([e.weights.values() for e in bundle.edges])
    low, high = int(values.min(initial=0)), int(values.max(initial=0))
    if edge.sign == "mixed" or low < 0 < high:
        return 2, {"sign_mode": "SignMode.MIXED", "weight_exp": shift - 1}
    mode = "SignMode.EXCITATORY" if low >= 0 else "SignMode.INHIBITORY"
    return 1, {"sign_mode": mode, "weight_exp": shift}


def largest_sums(edges: Sequence[Edge], size: int) -> Array:
    """The largest sum of weights, of one sign, that can arrive at each unit.  shape (size,)"""
    low, high = np.zeros(size), np.zeros(size)
    for edge in edges:
        rows = edge.weights.csr().astype(np.float64)
        factor = 2.0**edge.shift
        high += rows.maximum(0).sum(axis=1) * factor
        low += rows.minimum(0).sum(axis=1) * factor
    return np.asarray(np.maximum(high, -low))


# -- convolutions --------------------------------------------------------------------------------


def _is_image(bundle: Bundle) -> bool:
    """Whether Lava's Conv has such a kernel: two axes, the same zeros on both sides."""
    conv = bundle.edges[0].weights
    if not isinstance(conv, Convolution) or len(bundle.edges) > 1 or bundle.exponent:
        return False
    even = all(before == after for before, after in conv.padding)
    numbers = (*conv.stride, *conv.dilation, *conv.window, conv.groups)
    small = max(*numbers, *(before for before, _ in conv.padding)) <= _BYTE
    if len(conv.size) != 2 or not even or not small:
        return False
    if not bundle.integer:
        return True
    per_unit = np.abs(conv.kernel.astype(np.int64)).sum(axis=tuple(range(1, conv.kernel.ndim)))
    largest = int(per_unit.max()) << bundle.edges[0].shift
    return not bundle.graded and largest < _IMAGE_SUM


def _image(bundle: Bundle) -> dict[str, Argument]:
    """Lava convolves where the field correlates, so the kernel is turned round."""
    edge = bundle.edges[0]
    conv = edge.weights
    if not isinstance(conv, Convolution):
        raise TypeError("expected a convolution")
    kernel = conv.kernel.transpose(0, 2, 3, 1)[:, ::-1, ::-1]  # (out, y, x, in)
    if bundle.integer:
        kernel = np.left_shift(kernel.astype(np.int32), edge.shift)
    else:
        kernel = kernel * bundle.gain
    channels, *size = conv.input_shape
    return {
        "weight": np.ascontiguousarray(kernel),
        "input_shape": (*size, channels),
        "padding": tuple(before for before, _ in conv.padding),
        "stride": conv.stride,
        "dilation": conv.dilation,
        "groups": conv.groups,
        "num_message_bits": 24 if bundle.graded else 0,
    }


def image_shapes(arguments: Mapping[str, Argument], bundle: Bundle) -> tuple[Any, Any]:
    """(channels, y, x) at both ends of a convolution; empty for other processes."""
    conv = bundle.edges[0].weights
    if "input_shape" in arguments and isinstance(conv, Convolution):
        return conv.input_shape, conv.output_shape
    return (), ()
