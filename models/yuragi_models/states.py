"""What the units of a reservoir have sent, step by step."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.recording import Recording

__all__ = ["states"]

Array = NDArray[Any]


def states(recording: Recording, sent: str) -> Array:
    """What "reservoir" sent in every step.  shape (trials, steps, units)

    sent: the probed variable that is sent; "spikes": 1.0 in the step of a spike, 0.0 in others.
    """
    if sent == "spikes":
        train = recording.spike_trains["reservoir"]
        return train.raster(recording.trials, recording.steps).astype(np.float64)
    trace = recording.trace("reservoir", sent, physical=True)
    return trace if trace.ndim == 3 else trace[None]
