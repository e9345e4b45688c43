"""The liquid-state machine: a reservoir of spiking units, read through filtered spikes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, final

import numpy as np
import scipy.sparse
from numpy.typing import ArrayLike, NDArray

from yuragi.dynamics import Dynamics
from yuragi.errors import GraphError
from yuragi.wiring.maps import as_map
from yuragi.wiring.rules import random
from yuragi_models.drawing import Drawn
from yuragi_models.readout import on_grid
from yuragi_models.sequence_regression import SequenceRegressor
from yuragi_models.sequences import SequenceClassifier

__all__ = ["LiquidClassifier", "LiquidRegressor"]

Array = NDArray[Any]
_SPIKING_TANK = Dynamics(
    name="liquid_lif",
    equations="v(t+1) = decay*v + drive + recurrent + bias",
    ports=("drive", "recurrent"),
    threshold="v > 1",
    reset="v = 0",
    parameters={"decay": 0.9, "bias": 0.0},
)


def _check_shares(**shares: float) -> None:
    for name, share in shares.items():
        if not 0.0 <= share < 1.0:
            raise GraphError(f"{name} {share}: expected in [0, 1)")


def _tank(
    units: int,
    inputs: int,
    *,
    synapses: int,
    inhibitory: float,
    coupling: float,
    input_scaling: float,
    bits: int | None,
    seed: int,
) -> Drawn:
    """Random weights on a grid of `bits` bits, whose sign is that of the sending unit."""
    _check_shares(inhibitory=inhibitory)
    rng = np.random.default_rng((seed, 1))
    count = min(synapses, units)
    drawn = random(units, units, inputs=count, low=0.0, high=1.0, seed=seed)
    ratio = (1.0 - inhibitory) / max(inhibitory, 1.0 / units)
    sign = np.where(rng.random(units) < inhibitory, -ratio, 1.0)
    w = as_map(scipy.sparse.csr_array(drawn.csr() * (coupling * sign)[None, :]))
    w_in = input_scaling * rng.uniform(-1.0, 1.0, (units, inputs))
    return Drawn(
        w=w.changed(on_grid(w.values(), bits)),
        w_in=on_grid(w_in, bits),
        spread=rng.uniform(-1.0, 1.0, units),
    )


def _membranes(decay: float, bias_scaling: float, spread: Array) -> Mapping[str, ArrayLike]:
    _check_shares(decay=decay)
    return {"decay": decay, "bias": np.asarray(bias_scaling * (0.5 + 0.5 * spread))}


@final
@dataclass(kw_only=True, eq=False, repr=False)
class LiquidRegressor(SequenceRegressor):
    """Leaky integrate-and-fire units, some of them inhibitory, and a read-out of filtered spikes.

        v(t+1) = decay v(t) + w z(t) + w_in u + b;  a spike z where v > 1, then v = 0
        f(t+1) = filter f(t) + z(t+1)                prediction = w_out f + c

    The read-out population filters on a chip; with `direct` the inputs are filtered too.

    synapses: inputs of each unit from the reservoir.      inhibitory: share of inhibitory units.
    coupling: of excitatory weights, uniform in (0, coupling); inhibitory ones are larger by the
        ratio of the numbers, so that both balance.
    decay: of the membrane in a step.      filter: what is kept of f from step to step.
    input_scaling: of w_in, uniform.      bias_scaling: b is uniform in (0, bias_scaling).
    The other parameters are those of SequenceRegressor.
    Source: Maass, Natschlaeger, Markram, Neural Computation 14 (2002) 2531.
    """

    units: int = field(default=200, kw_only=False)
    synapses: int = 10
    inhibitory: float = 0.2
    coupling: float = 0.1
    decay: float = 0.9
    filter: float = 0.8
    input_scaling: float = 0.5
    bias_scaling: float = 0.2
    _dynamics: ClassVar[Dynamics] = _SPIKING_TANK
    _sent: ClassVar[str] = "spikes"

    @property
    def _memory(self) -> float:
        return self.filter

    def _draw(self, inputs: int) -> Drawn:
        _check_shares(filter=self.filter)
        return _tank(
            self.units,
            inputs,
            synapses=self.synapses,
            inhibitory=self.inhibitory,
            coupling=self.coupling,
            input_scaling=self.input_scaling,
            bits=self.weight_bits,
            seed=self.seed,
        )

    def _parameters(self, spread: Array) -> Mapping[str, ArrayLike]:
        return _membranes(self.decay, self.bias_scaling, spread)


@final
@dataclass(kw_only=True, eq=False, repr=False)
class LiquidClassifier(SequenceClassifier):
    """The units of LiquidRegressor, and a read-out that adds up their weighted spikes z.

        v(t+1) = decay v(t) + w z(t) + w_in u + b;  a spike z where v > 1, then v = 0

    `transform` gives the spikes a step of each unit.

    synapses, inhibitory, coupling, decay, bias_scaling: as in LiquidRegressor.
    The other parameters are those of SequenceClassifier.
    Source: Maass, Natschlaeger, Markram, Neural Computation 14 (2002) 2531.
    """

    synapses: int = 10
    inhibitory: float = 0.2
    coupling: float = 0.1
    decay: float = 0.9
    input_scaling: float = 1.0
    bias_scaling: float = 0.5
    windows: int = 4
    _dynamics: ClassVar[Dynamics] = _SPIKING_TANK
    _sent: ClassVar[str] = "spikes"

    def _draw(self, inputs: int) -> Drawn:
        return _tank(
            self.units,
            inputs,
            synapses=self.synapses,
            inhibitory=self.inhibitory,
            coupling=self.coupling,
            input_scaling=self.input_scaling,
            bits=self.weight_bits,
            seed=self.seed,
        )

    def _parameters(self, spread: Array) -> Mapping[str, ArrayLike]:
        return _membranes(self.decay, self.bias_scaling, spread)
