"""ProcessModels for Lava's own sinks and delays: the same arithmetic, less waiting.

Lava hands the data of a sink over number by number; here a sink saves them when it is stopped.
Lava sorts the weights of a DelaySparse by their delays in every step; here it does so once.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.ports import PyInPort, PyRefPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol
from lava.proc.io.sink import AbstractPyRead, AbstractPyReceiveModel, Read
from lava.proc.io.sink import RingBuffer as Sink
from lava.proc.sparse.models import PyDelaySparseModelBitAcc, PyDelaySparseModelFloat
from lava.proc.sparse.process import DelaySparse


def save(model: Any) -> None:
    """Time first, at the place that was set before the run."""
    np.save(model.proc_params["file"], np.ascontiguousarray(model.data.T))


@implements(proc=Sink, protocol=LoihiProtocol)
@requires(CPU)
@tag("floating_pt")
class KeptFloat(AbstractPyReceiveModel):
    """A sink of floats."""

    a_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, float)
    data: np.ndarray = LavaPyType(np.ndarray, float)

    def _stop(self) -> None:
        save(self)
        super()._stop()


@implements(proc=Sink, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class KeptFixed(AbstractPyReceiveModel):
    """A sink of integers."""

    a_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int64)
    data: np.ndarray = LavaPyType(np.ndarray, np.int32)

    def _stop(self) -> None:
        save(self)
        super()._stop()


@implements(proc=Read, protocol=LoihiProtocol)
@requires(CPU)
@tag("floating_pt")
class ReadFloat(AbstractPyRead):
    """Reads a variable of floats."""

    state: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, float)
    data: np.ndarray = LavaPyType(np.ndarray, float)

    def _stop(self) -> None:
        save(self)
        super()._stop()


@implements(proc=Read, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class ReadFixed(AbstractPyRead):
    """Reads a variable of integers."""

    state: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, np.int64)
    data: np.ndarray = LavaPyType(np.ndarray, np.int64)

    def _stop(self) -> None:
        save(self)
        super()._stop()


def arriving(model: Any, spikes: Any) -> Any:
    """What the spikes of a step bring after each delay.  shape (post, delays)"""
    delays = model.a_buff.shape[-1]
    if getattr(model, "by_delay", None) is None:
        found = model.get_delay_wgts_mat(model.weights, model.delays, delays - 1)
        model.by_delay = found.tocsr()
    return np.reshape(model.by_delay.dot(spikes), (delays, model.weights.shape[0])).T


@implements(proc=DelaySparse, protocol=LoihiProtocol)
@requires(CPU)
@tag("floating_pt")
class DelaysFloat(PyDelaySparseModelFloat):
    """Delays in floats."""

    def calc_act(self, s_in: Any) -> Any:
        """By delay, from weights that were sorted once."""
        return arriving(self, s_in)


@implements(proc=DelaySparse, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class DelaysFixed(PyDelaySparseModelBitAcc):
    """Delays in integers."""

    def calc_act(self, s_in: Any) -> Any:
        """By delay, from weights that were sorted once."""
        return arriving(self, s_in)
