"""Arrays of the .npz as what Lava's processes take."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import csr_matrix


def matrix(data: Any, name: str) -> Any:
    """Compressed rows.  shape (post, pre)"""
    parts = (data[f"{name}.data"], data[f"{name}.indices"], data[f"{name}.indptr"])
    return csr_matrix(parts, shape=tuple(data[f"{name}.shape"]))


def lasting(values: Any, steps: int) -> Any:
    """Values for so many steps, zeros after the last.  shape (size, steps)"""
    known = values[:, :steps]
    rest = np.zeros((len(values), steps - known.shape[1]), dtype=values.dtype)
    return np.concatenate((known, rest), axis=1)


def samples(steps: int, every: int) -> int:
    """How many steps of `steps` are read, from the first on."""
    return -(-steps // every)
