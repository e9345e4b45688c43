"""A network of NIR in Lava in floats, with its spikes: `pip install lava-nc==0.10.0 nir`.

A unit is a float LIF with du = dt/tau_syn (1 without a current) and dv = dt/tau_mem, a layer a
Dense whose weights are scaled by what the unit takes of its input.
"""

from __future__ import annotations

from typing import Any

import nir
import numpy as np
from lava.magma.core.run_conditions import RunSteps
from lava.magma.core.run_configs import Loihi2SimCfg
from lava.proc.dense.process import Dense
from lava.proc.io.sink import RingBuffer as Sink
from lava.proc.io.source import RingBuffer as Source
from lava.proc.lif.process import LIF
from saving import save

STEPS, DT = 40, 1e-3
RNG = np.random.default_rng(0)


def uniform(low: float, high: float, *shape: int) -> Any:
    return RNG.uniform(low, high, shape)


def graph() -> Any:
    one = np.ones(6)
    nodes = {
        "input": nir.Input(np.array([5])),
        "fc1": nir.Linear(uniform(-2.0, 4.0, 6, 5)),
        "cuba": nir.CubaLIF(tau_mem=5e-3 * one, tau_syn=3e-3 * one, r=2 * one, w_in=1.5 * one,
                            v_leak=0 * one, v_threshold=0.9 * one),
        "w_rec": nir.Linear(uniform(-1.0, 1.0, 6, 6)),
        "fc2": nir.Affine(uniform(-3.0, 6.0, 4, 6), uniform(-0.2, 0.6, 4)),
        "lif": nir.LIF(tau=np.full(4, 7e-3), r=np.full(4, 2.0), v_leak=np.zeros(4),
                       v_threshold=np.full(4, 0.8)),
        "output": nir.Output(np.array([4])),
    }  # fmt: skip
    edges = [("input", "fc1"), ("fc1", "cuba"), ("cuba", "w_rec"), ("w_rec", "cuba"),
             ("cuba", "fc2"), ("fc2", "lif"), ("lif", "output")]  # fmt: skip
    return nir.NIRGraph(nodes, edges)


def run(made: Any, events: Any) -> dict[str, Any]:
    """The spikes of each unit.  shape (steps, units)"""
    nodes = made.nodes
    cuba, lif = nodes["cuba"], nodes["lif"]
    gain = (cuba.w_in * DT / cuba.tau_syn * cuba.r * DT / cuba.tau_mem)[0]
    taken = (lif.r * DT / lif.tau)[0]
    first = LIF(shape=(6,), du=DT / cuba.tau_syn[0], dv=DT / cuba.tau_mem[0],
                vth=cuba.v_threshold[0])  # fmt: skip
    last = LIF(shape=(4,), du=1.0, dv=DT / lif.tau[0], vth=lif.v_threshold[0],
               bias_mant=nodes["fc2"].bias * taken)  # fmt: skip
    source = Source(data=events.T.astype(float))
    sinks = {"cuba": Sink(shape=(6,), buffer=STEPS), "lif": Sink(shape=(4,), buffer=STEPS)}
    for pre, weights, post in (
        (source.s_out, nodes["fc1"].weight * gain, first),
        (first.s_out, nodes["w_rec"].weight * gain, first),
        (first.s_out, nodes["fc2"].weight * taken, last),
    ):  # fmt: skip
        dense = Dense(weights=weights)
        pre.connect(dense.s_in)
        dense.a_out.connect(post.a_in)
    first.s_out.connect(sinks["cuba"].a_in)
    last.s_out.connect(sinks["lif"].a_in)
    last.run(condition=RunSteps(STEPS), run_cfg=Loihi2SimCfg(select_tag="floating_pt"))
    found = {name: sink.data.get().T for name, sink in sinks.items()}
    last.stop()
    return found


def main() -> None:
    made = graph()
    events = RNG.random((STEPS, 5)) < 0.3
    save("lava_recurrent", made, events, run(made, events))


if __name__ == "__main__":
    main()
