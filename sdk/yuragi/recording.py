"""What a run leaves: spike trains, traces, and the counts that energy is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from yuragi.errors import RunError
from yuragi.hardware.profile import Profile
from yuragi.placement import Layout

__all__ = [
    "COUNTS",
    "Counts",
    "Learned",
    "Messages",
    "Recording",
    "SpikeTrain",
    "Summed",
    "Trace",
]

Array = NDArray[Any]
COUNTS = (
    "synaptic_events",
    "neuron_updates",
    "active_updates",
    "spikes",
    "messages",
    "messages_in",
    "hops_x",
    "hops_y",
    "synapse_updates",
)
_MAX_RASTER = 2**33


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SpikeTrain:
    """Spikes as events, sorted by trial, step and unit.

    trial, step, unit: shape (spikes,)
    """

    size: int
    trial: Array
    step: Array
    unit: Array

    def raster(self, trials: int, steps: int) -> NDArray[np.bool_]:
        """True where a unit spiked.  shape (trials, steps, size)

        Raises RunError where it would take more than 8 GiB.
        """
        if trials * steps * self.size > _MAX_RASTER:
            raise RunError(
                f"a raster of {trials} x {steps} x {self.size} does not fit; use the events: "
                ".trial, .step, .unit"
            )
        raster = np.zeros((trials, steps, self.size), dtype=np.bool_)
        raster[self.trial, self.step, self.unit] = True
        return raster


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trace:
    """A variable at the end of every `every`-th step, from step 0.

    values: float, or integer on a chip's grid.      shape (trials, samples, size)
    scale: what integer 1 stands for; 1.0 for floats.
    spike_register: what the chip's register reads in the step of a spike; 0: the state itself.
    """

    values: Array
    every: int = 1
    scale: float = 1.0
    spike_register: int = 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Learned:
    """The weights of a projection at the end of a run, by target, sources ascending.

    values: shape (trials, synapses)      scale: what 1 stands for; 1.0 for floats
    indices, indptr: compressed rows, the same in all trials.      shape: (post, pre)
    """

    values: Array
    indices: Array
    indptr: Array
    shape: tuple[int, int]
    scale: float = 1.0

    def matrix(self, trial: int = 0, *, physical: bool = True) -> scipy.sparse.csr_array:
        """The weights of a trial.  physical: in the model's own units, not a chip's integers"""
        values = self.values[trial] * self.scale if physical else self.values[trial]
        return scipy.sparse.csr_array((values, self.indices, self.indptr), shape=self.shape)


class Summed:
    """Counts summed to one axis; an attribute for each name in COUNTS, and `hops`."""

    __slots__ = ("_sum",)

    def __init__(self, total: Callable[[str], Array]) -> None:
        self._sum = total

    def __getattr__(self, name: str) -> Array:
        if name == "hops":
            return self._sum("hops_x") + self._sum("hops_y")
        if name in COUNTS:
            return self._sum(name)
        raise AttributeError(f"no count {name!r}; there are {', '.join(COUNTS)}, hops")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Counts:
    """What happened, by trial, step and core in use.

    synaptic_events: weights that an event passed, at the target's core, in the step of sending.
    neuron_updates: units updated;  active_updates: those among them that had input, or that were
        not at rest where the profile's constants are meant so (`Profile.activity`).
    spikes: units that sent something;  messages: packets, one for each core that a unit reaches.
    messages_in: the same packets at the core that they reach.
    hops_x, hops_y: tiles that the packets crossed, at the core of the sender.
    synapse_updates: weights that a learning rule computed, changed or not, at the target's core.

    arrays: name -> counts.     shape (trials, steps, cores), some broadcast
    cores, tiles, chips: in use.
    """

    arrays: Mapping[str, Array]
    cores: int = 1
    tiles: int = 1
    chips: int = 1

    def __str__(self) -> str:
        return "\n".join(
            f"{name.replace('_', ' '):<24}{self.total(name):>16,}"
            for name in COUNTS
            if name in self.arrays
        )

    def __repr__(self) -> str:
        totals = ", ".join(f"{name}={self.total(name)}" for name in COUNTS if name in self.arrays)
        return f"<Counts: {totals}>"

    def array(self, name: str) -> Array:
        """The counts of one name.  shape (trials, steps, cores)"""
        if name in self.arrays:
            return self.arrays[name]
        if name == "synapse_updates" and self.arrays:  # left out where nothing learns
            first = next(iter(self.arrays.values()))
            return np.broadcast_to(np.zeros((), dtype=np.int64), first.shape)
        raise AttributeError(f"no count {name!r}; there are {', '.join(self.arrays)}")

    def total(self, name: str) -> int:
        """The sum over trials, steps and cores."""
        return int(self.array(name).sum(dtype=np.int64))

    def __getattr__(self, name: str) -> int:
        if name == "hops":
            return self.total("hops_x") + self.total("hops_y")
        if name in COUNTS:
            return self.total(name)
        raise AttributeError(f"no count {name!r}; there are {', '.join(COUNTS)}, hops")

    @property
    def per_core(self) -> Summed:
        """Summed over trials and steps.  shape (cores,)"""
        return Summed(lambda name: self.array(name).sum(axis=(0, 1), dtype=np.int64))

    @property
    def per_step(self) -> Summed:
        """Summed over trials and cores.  shape (steps,)"""
        return Summed(lambda name: self.array(name).sum(axis=(0, 2), dtype=np.int64))

    @property
    def per_trial(self) -> Summed:
        """Summed over steps and cores.  shape (trials,)"""
        return Summed(lambda name: self.array(name).sum(axis=(1, 2), dtype=np.int64))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Messages:
    """The packets of a run, each with the work of its core since the one before.

    Entries first[k] to first[k + 1] - 1 are those of step k % steps of trial k // steps: core by
    core, in the order in which the core sends them. The last of a core has no target (-1): it is
    the work after its last packet.

    source, target: cores, as indices of those in use.   synaptic_events: at the target.
    active, inactive, spikes: updates and spikes of the source before the packet.
    first: shape (trials * steps + 1,)                   others: shape (entries,)
    """

    trials: int
    first: Array
    source: Array
    target: Array
    synaptic_events: Array
    active: Array
    inactive: Array
    spikes: Array


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Recording:
    """The result of a run.

    dt: seconds that a step stands for in the model, or None; what a step takes on a chip is the
        energy report's to say.
    layout: where the cores lie on the chip; None where the backend has none.
    spike_trains: by population;  traces: by (population, variable).
    overflows: how often a word overflowed, by population, or projection that learns, and word,
        where that is counted.
    messages: every packet, where `run` was asked to keep them.
    learned: the weights at the end, by projection, where they learn.
    """

    backend: str
    profile: Profile | None
    steps: int
    trials: int
    dt: float | None
    seed: int
    spike_trains: Mapping[str, SpikeTrain]
    traces: Mapping[tuple[str, str], Trace]
    counts: Counts
    layout: Layout | None = None
    overflows: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    messages: Messages | None = None
    learned: Mapping[str, Learned] = field(default_factory=dict)

    def __repr__(self) -> str:
        where = "floats" if self.profile is None else self.profile.name
        probed = [f"{name}.spikes" for name in self.spike_trains]
        probed += [f"{name}.{variable}" for name, variable in self.traces]
        return (
            f"<Recording: {where} ({self.backend}), steps {self.steps:,}, trials {self.trials:,}, "
            f"probed {', '.join(probed) or 'nothing'}>"
        )

    def weights(self, projection: str, trial: int = 0) -> scipy.sparse.csr_array:
        """The weights of a projection that learns, at the end of a trial.  shape (post, pre)

        projection: its name, "source -> target.port".
        Raises RunError where no projection of that name learns.
        """
        if projection not in self.learned:
            listed = ", ".join(self.learned) or "none"
            raise RunError(f"no projection {projection!r} learns; there are {listed}")
        return self.learned[projection].matrix(trial)

    def spikes(self, population: str) -> NDArray[np.bool_]:
        """Where units spiked.  shape (trials, steps, size), or (steps, size) for one trial

        Raises RunError where the spikes were not probed.
        """
        if population not in self.spike_trains:
            raise RunError(self._missing(f"spikes of {population}", self.spike_trains))
        raster = self.spike_trains[population].raster(self.trials, self.steps)
        return raster[0] if self.trials == 1 else raster

    def trace(
        self,
        population: str,
        variable: str,
        *,
        physical: bool = False,
        readout: Literal["logical", "register"] = "logical",
    ) -> Array:
        """A probed variable.  shape (trials, samples, size), or (samples, size) for one trial

        physical: integers times what 1 stands for, in the model's own units.
        readout: "logical", the state, 0 in the step of a spike; or "register", what a voltage
            probe of Loihi reads: 128 (refractory + 1) in the step of a spike
            (https://github.com/lava-nc/lava/issues/282). It needs the spikes probed as well.
        Raises RunError where it was not probed, or has no such read-out.
        """
        if (population, variable) not in self.traces:
            probed = [f"{p}.{v}" for p, v in self.traces]
            raise RunError(self._missing(f"{population}.{variable}", probed))
        trace = self.traces[population, variable]
        values = trace.values
        if readout == "register":
            values = self._register(population, variable, trace)
        elif readout != "logical":
            raise RunError(f"read-out {readout!r}: expected logical or register")
        values = values * trace.scale if physical else values
        return values[0] if self.trials == 1 else values

    def _register(self, population: str, variable: str, trace: Trace) -> Array:
        if not trace.spike_register:
            raise RunError(f"{population}.{variable} is no voltage of a compartment in integers")
        if population not in self.spike_trains:
            raise RunError(self._missing(f"spikes of {population}", self.spike_trains))
        train = self.spike_trains[population]
        seen = train.step % trace.every == 0
        values = trace.values.copy()
        sample = train.step[seen] // trace.every
        values[train.trial[seen], sample, train.unit[seen]] = trace.spike_register
        return values

    @staticmethod
    def _missing(what: str, probed: object) -> str:
        listed = ", ".join(probed) if isinstance(probed, (list, Mapping)) else ""
        return f"{what} was not probed; probed are {listed or 'none'}"
