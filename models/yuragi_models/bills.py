"""What one run of a network costs on several chips, and simulated on ordinary computers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from yuragi import backend
from yuragi.errors import CapacityError, UnsupportedError
from yuragi.network import Network
from yuragi.power.compare import Comparison, compare
from yuragi.power.energy import energy
from yuragi.power.simulated import simulated
from yuragi.recording import Recording

__all__ = ["CHIPS", "COMPUTERS", "Bill", "bill"]

CHIPS = ("loihi2", "spinnaker2")
"""Chips whose cores run any equations."""
COMPUTERS = ("cortex_m4", "desktop_cpu")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """Joules side by side, each counted in a run in that chip's integers.

    recordings: the run on each chip.      comparison: the table.
    refused: chip -> why it does not run the network, in its first sentence.
    """

    recordings: Mapping[str, Recording]
    comparison: Comparison
    refused: Mapping[str, str]

    def __str__(self) -> str:
        """The table; what each figure includes and excludes; which chips refuse, and why."""
        refusals = (f"no joules on {chip}: {why}" for chip, why in self.refused.items())
        return "\n".join([str(self.comparison), *refusals])


def bill(
    network: Network,
    stimulus: Any = None,
    *,
    name: str,
    steps: int | None = None,
    chips: tuple[str, ...] | None = None,
    computers: tuple[str, ...] = COMPUTERS,
    **options: Any,
) -> Bill:
    """Run a network on each chip, count, and price; on computers the same network is simulated.

    The computers pay for every update, and for the synapses that an event passed on the first chip.

        chips: CHIPS where none are given.
        stimulus, steps: of the run, as for `Program.run`; joules are of one of its trials.
        options: of `compile`, such as encode.
    Errors: UnsupportedError where no chip runs the network.
    """
    recordings: dict[str, Recording] = {}
    refused: dict[str, str] = {}
    for chip in CHIPS if chips is None else chips:
        try:
            program = backend.compile(network, profile=chip, **options)
        except (UnsupportedError, CapacityError) as error:
            refused[chip] = str(error).partition(". ")[0]
            continue
        recordings[chip] = program.run(stimulus, steps=steps)
    if not recordings:
        raise UnsupportedError("; ".join(refused.values()))
    first = next(iter(recordings.values()))
    reports = [energy(recording, name=name) for recording in recordings.values()]
    again = simulated(network, first, steps=first.steps, name=name)
    return Bill(
        recordings=recordings, comparison=compare(reports, again, computers), refused=refused
    )
