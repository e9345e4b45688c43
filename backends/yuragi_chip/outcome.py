"""What a run of the chip leaves before it becomes a recording."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from yuragi.errors import RunError
from yuragi.recording import Learned, Messages, SpikeTrain, Trace

__all__ = ["TALLIED", "Outcome", "require_room"]

Array = NDArray[Any]
TALLIED = ("synaptic_events", "spikes", "messages", "hops_x", "hops_y", "messages_in")
_MAX_BYTES = 2**32


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Probes and counts of a run.

    arrays: name -> shape (trials, steps, cores)
    sends: by population, how often each unit sent in all trials, shape (size,)
    overflows: by population and word, how often it overflowed, where that is counted
    learned: the weights at the end, by projection, where they learn
    """

    spike_trains: Mapping[str, SpikeTrain]
    traces: Mapping[tuple[str, str], Trace]
    arrays: Mapping[str, Array]
    sends: Mapping[str, Array]
    overflows: Mapping[str, Mapping[str, int]]
    learned: Mapping[str, Learned]
    messages: Messages | None = None


def require_room(trials: int, steps: int, cores: int, *, learning: bool) -> None:
    """RunError where the counts of a run take more than 4 GiB."""
    wanted = 4 * (len(TALLIED) + 1 + learning) * trials * steps * cores
    if wanted > _MAX_BYTES:
        raise RunError(
            f"the counts of {trials} trials x {steps} steps x {cores} cores take "
            f"{wanted / 2**30:.1f} GiB, at most 4; run fewer steps or trials at a time"
        )
