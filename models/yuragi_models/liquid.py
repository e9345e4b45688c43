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

__all__ = ["LiquidRegressor"]

Array = NDArray[Any]
_SPIKING_TANK = Dynamics(
    name="liquid_lif",
    equations="v(t+1) = decay*v + drive + recurrent + bias",
    ports=("drive", "recurrent"),
    threshold="v > 1",
    reset="v = 0",
    parameters={"decay": 0.9, "bias": 0.0},
)


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
        for name in ("inhibitory", "filter", "decay"):
            if not 0.0 <= getattr(self, name) < 1.0:
                raise GraphError(f"{name} {getattr(self, name)}: expected in [0, 1)")
        rng = np.random.default_rng((self.seed, 1))
        count = min(self.synapses, self.units)
        drawn = random(self.units, self.units, inputs=count, low=0.0, high=1.0, seed=self.seed)
        ratio = (1.0 - self.inhibitory) / max(self.inhibitory, 1.0 / self.units)
        sign = np.where(rng.random(self.units) < self.inhibitory, -ratio, 1.0)
        w = scipy.sparse.csr_array(drawn.csr() * (self.coupling * sign)[None, :])
        found = as_map(w)
        w_in = self.input_scaling * rng.uniform(-1.0, 1.0, (self.units, inputs))
        return Drawn(
            w=found.changed(on_grid(found.values(), self.weight_bits)),
            w_in=on_grid(w_in, self.weight_bits),
            spread=rng.uniform(-1.0, 1.0, self.units),
        )

    def _parameters(self, spread: Array) -> Mapping[str, ArrayLike]:
        return {"decay": self.decay, "bias": np.asarray(self.bias_scaling * (0.5 + 0.5 * spread))}
