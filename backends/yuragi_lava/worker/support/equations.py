"""What the generated ProcessModels share: receive, update, send, once a step."""

from __future__ import annotations

from typing import Any

import numpy as np
from lava.magma.core.model.py.model import PyLoihiProcessModel

from support.noise import uniform


class Equations(PyLoihiProcessModel):
    """A model whose `update` returns what the units send.

    kind: of its numbers.      values: of its parameters.  shape () or (size,)
    """

    kind: Any

    def __init__(self, proc_params: Any) -> None:
        super().__init__(proc_params)
        given = proc_params["values"]
        self.values = {name: np.asarray(value, dtype=self.kind) for name, value in given.items()}
        self.shape = proc_params["shape"]

    def update(self) -> Any:
        """One step of all units; what they send."""
        raise NotImplementedError

    def run_spk(self) -> None:
        """A step of Lava."""
        with np.errstate(all="ignore"):
            sent = np.asarray(self.update(), dtype=self.kind)
        self.s_out.send(np.broadcast_to(sent, self.shape))

    def draw(self, index: int, latency: int) -> Any:
        """Uniform numbers of this step, the same on every backend."""
        given = self.proc_params["noise"]
        drawn = uniform(
            tuple(given["key"]),
            step=self.time_step - 1 - latency,
            trials=given["trials"],
            size=self.shape[0] // given["trials"],
            draw=index,
            first=given["first"],
        )
        return drawn.reshape(-1)
