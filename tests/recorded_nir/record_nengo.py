"""Networks of NIR in Nengo, with their spikes: `pip install nengo==4.1.0 nir 'numpy<2'`.

Each node becomes what nir_to_nengo.py of the NIR paper makes of it (neuromorphs/NIR,
paper/03_rnn): nengo.LIF(tau_ref=0) with gain 1/v_threshold, where it has a current behind a Lowpass
of -dt/log(1 - dt/tau_syn), and nodes for weights. A spike counts 1.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import nengo
import nir
import numpy as np
from saving import save

STEPS, DT = 40, 1e-3
RNG = np.random.default_rng(0)


def uniform(low: float, high: float, *shape: int) -> Any:
    return RNG.uniform(low, high, shape).astype(np.float32)


class Summing(nengo.SpikingRectifiedLinear):  # type: ignore[misc]
    """The script's unit for IF."""

    def step(self, dt: float, J: Any, output: Any, voltage: Any) -> None:
        voltage += J * dt
        output[:] = (self.amplitude / dt) * np.where(voltage > 1, 1, 0)
        voltage[output > 0] = 0


def affine(post: int, pre: int) -> Any:
    return nir.Affine(uniform(-1.0, 2.0, post, pre), uniform(-0.2, 0.4, post))


def lif(size: int) -> Any:
    one = np.ones(size, dtype=np.float32)
    return nir.LIF(tau=7e-3 * one, r=one, v_leak=0 * one, v_threshold=0.3 * one)


def cuba(size: int) -> Any:
    one = np.ones(size, dtype=np.float32)
    return nir.CubaLIF(
        tau_mem=5e-3 * one, tau_syn=3e-3 * one, r=2 * one, w_in=1.5 * one, v_leak=0 * one,
        v_threshold=0.9 * one,
    )  # fmt: skip


def summing(size: int) -> Any:
    one = np.ones(size, dtype=np.float32)
    return nir.IF(r=one, v_threshold=2.5 * one)


def graphs() -> dict[str, Any]:
    """A chain of all units, and a recurrent layer."""
    chain = {
        "input": nir.Input(np.array([5])), "fc1": affine(6, 5), "lif": lif(6), "fc2": affine(6, 6),
        "cuba": cuba(6), "fc3": affine(4, 6), "if": summing(4), "output": nir.Output(np.array([4])),
    }  # fmt: skip
    names = list(chain)
    back = {
        "input": nir.Input(np.array([5])), "fc1": affine(6, 5), "cuba": cuba(6),
        "w_rec": affine(6, 6), "fc2": affine(4, 6), "last": cuba(4),
        "output": nir.Output(np.array([4])),
    }  # fmt: skip
    loop = [("input", "fc1"), ("fc1", "cuba"), ("cuba", "w_rec"), ("w_rec", "cuba"),
            ("cuba", "fc2"), ("fc2", "last"), ("last", "output")]  # fmt: skip
    return {
        "layers": nir.NIRGraph(chain, list(pairwise(names))),
        "recurrent": nir.NIRGraph(back, loop),
    }


def unit(node: Any, size: int) -> tuple[Any, Any]:
    """A neuron's ensemble and the filter before it."""
    rest = {"initial_state": {"voltage": nengo.dists.Choice([0])}, "amplitude": DT}
    gain, filtered = np.ones(size) / node.v_threshold, None
    if isinstance(node, nir.IF):
        kind, gain = Summing(**rest), gain / DT
    elif isinstance(node, nir.LIF):
        kind = nengo.LIF(tau_rc=node.tau[0], tau_ref=0, **rest)
    else:
        kind = nengo.LIF(tau_rc=node.tau_mem[0], tau_ref=0, **rest)
        gain = gain * node.w_in * node.r[0]
        filtered = nengo.synapses.Lowpass(-DT / np.log(1 - DT / node.tau_syn[0]))
    made = nengo.Ensemble(size, 1, neuron_type=kind, gain=gain, bias=np.zeros(size))
    return made.neurons, filtered


def run(graph: Any, events: Any) -> dict[str, Any]:
    """The spikes of each unit.  shape (steps, units)"""
    made: dict[str, Any] = {}
    filters: dict[str, Any] = {}
    with nengo.Network() as model:
        for name, node in graph.nodes.items():
            if isinstance(node, nir.Affine):
                made[name] = nengo.Node(
                    lambda _t, x, node=node: node.weight @ x + node.bias,
                    size_in=node.weight.shape[1], size_out=node.weight.shape[0],
                )  # fmt: skip
            elif isinstance(node, nir.Input):
                made[name] = nengo.Node(lambda t: events[round(t / DT) - 1].astype(float))
            elif not isinstance(node, nir.Output):
                made[name], filters[name] = unit(node, node.r.size)
        for pre, post in graph.edges:
            if post in made:
                nengo.Connection(made[pre], made[post], synapse=filters.get(post))
        probes = {name: nengo.Probe(made[name]) for name in filters}
    with nengo.Simulator(model, dt=DT, progress_bar=False) as simulator:
        simulator.run_steps(STEPS)
        return {name: simulator.data[probe] > 0 for name, probe in probes.items()}


def main() -> None:
    for name, graph in graphs().items():
        events = RNG.random((STEPS, 5)) < 0.3
        save(f"nengo_{name}", graph, events, run(graph, events))


if __name__ == "__main__":
    main()
