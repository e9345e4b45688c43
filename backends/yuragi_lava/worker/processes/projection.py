"""Projections that Lava's own processes do not have.

Lava's are one step late or up to 64, hold weights of 8 bits and a sign and add up in 32 bits.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.model import PyLoihiProcessModel
from lava.magma.core.model.py.ports import PyInPort, PyOutPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.process.ports.ports import InPort, OutPort
from lava.magma.core.process.process import AbstractProcess
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol


class Projection(AbstractProcess):
    """a_out(t) = 2^shift sum_j w[i, j] s_j(t - delay), any weights, any delay from 0.

    weights: compressed rows, shape (post, pre).      delay: in steps.
    """

    def __init__(self, *, weights: Any, delay: int, shift: int = 0, name: str | None = None):
        super().__init__(weights=weights, delay=delay, shift=shift, name=name)
        post, pre = weights.shape
        self.s_in = InPort(shape=(pre,))
        self.a_out = OutPort(shape=(post,))


class _Sums(PyLoihiProcessModel):
    """Both forms: a ring of what is still to arrive."""

    kind: Any

    def __init__(self, proc_params: Any) -> None:
        super().__init__(proc_params)
        self.weights = proc_params["weights"].astype(self.kind)
        self.delay = proc_params["delay"]
        self.factor = self.kind(2) ** proc_params["shift"]
        self.ring = np.zeros((max(self.delay, 1), self.weights.shape[0]), dtype=self.kind)

    def run_spk(self) -> None:
        """With a delay, send before receiving, so that circles do not wait for themselves."""
        slot = (self.time_step - 1) % len(self.ring)
        if self.delay:
            self.a_out.send(self.ring[slot])
        self.ring[slot] = self.weights.dot(self.s_in.recv()) * self.factor
        if not self.delay:
            self.a_out.send(self.ring[slot])


@implements(proc=Projection, protocol=LoihiProtocol)
@requires(CPU)
@tag("floating_pt")
class PyProjectionFloat(_Sums):
    """In floats."""

    kind = np.float64
    s_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, float)
    a_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, float)


@implements(proc=Projection, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyProjectionFixed(_Sums):
    """In 64-bit integers."""

    kind = np.int64
    s_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int64)
    a_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int64)
