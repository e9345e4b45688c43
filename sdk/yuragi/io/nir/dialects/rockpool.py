"""Rockpool: exponential decay of the state, Euler of the input, several spikes a step."""

import numpy as np

from yuragi.io.nir.dialects.rule import MIXED, Array, Dialect

__all__ = ["ROCKPOOL"]

# What arrives counts 1 in its modules, and decays at once where there is a current; v_leak is added
# whole. Its exporter writes r = tau exp(-dt/tau)/dt, which its reader takes for tau/dt - 1 and for
# nothing else. Its reader reads no LIF; one that Rockpool did not write scales its input.
# Source: nir.py, LIFTorch.forward, LIFNeuronTorch.forward.
_LIF = """off = abs(r*dt/tau*exp(dt/tau) - 1)
v(t+1) = exp(-dt/tau)*v + dt/tau*v_leak + where(off <= 1e-4, 1, r*dt/tau)*({i})"""
_CUBA = """now = exp(-dt/tau_syn)*(syn + {i})
syn(t+1) = now
v(t+1) = exp(-dt/tau_mem)*v + v_leak + now"""


def _step(tau: Array, r: Array) -> Array:
    """The dt of r = tau exp(-dt/tau)/dt, by Newton's method for x exp(x) = 1/r, x = dt/tau."""
    x = np.log1p(1 / r)
    for _ in range(30):
        x = x - (x - np.exp(-x) / r) / (1 + x)
    return tau * x


def _read_step(tau: Array, r: Array) -> Array:
    return tau / (1 + r)


ROCKPOOL = Dialect(
    name="rockpool",
    step=MIXED,
    resets={"": {"subtract": "subtract_all"}},
    unknown=frozenset({"CubaLI", "I", "IF", "Threshold"}),
    step_of=_step,
    step_read=_read_step,
    texts={"CubaLIF": _CUBA, "LIF": _LIF},
    remarks={
        "CubaLIF": "its exporter leaves the bias of its units out, and its reader takes another "
        "step from its own files than the one they were written for, by 0.5 % at dt/tau = 0.1"
    },
    source="rockpool 3.1, nn/modules/torch/{nir,lif_torch,lif_neuron_torch}.py",
)
