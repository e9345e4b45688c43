"""Rockpool: exponential decay of the state, Euler of the input, several spikes a step."""

import numpy as np

from yuragi.io.nir.dialects.rule import MIXED, Array, Dialect

__all__ = ["ROCKPOOL"]

# Its exporter writes r = tau exp(-dt/tau)/dt; in such a file input counts 1 and then decays, as in
# its modules. Other files scale their input. Source: nir.py and LIFTorch.forward.
_LIF = """off = abs(r*dt/tau*exp(dt/tau) - 1)
v(t+1) = exp(-dt/tau)*v + dt/tau*v_leak + where(off <= 1e-4, 1, r*dt/tau)*({i})"""
_CUBA = """off = abs(r*dt/tau_mem*exp(dt/tau_mem) - 1)
taken = where(off <= 1e-4, exp(-dt/tau_syn), dt/tau_syn)
now = exp(-dt/tau_syn)*syn + taken*(w_in*({i}))
syn(t+1) = now
passed = where(off <= 1e-4, 1, r*dt/tau_mem)
v(t+1) = exp(-dt/tau_mem)*v + dt/tau_mem*v_leak + passed*now"""


def _step(tau: Array, r: Array) -> Array:
    """The dt of r = tau exp(-dt/tau)/dt, by Newton's method for x exp(x) = 1/r, x = dt/tau."""
    x = np.log1p(1 / r)
    for _ in range(30):
        x = x - (x - np.exp(-x) / r) / (1 + x)
    return tau * x


ROCKPOOL = Dialect(
    name="rockpool",
    step=MIXED,
    resets={"": {"subtract": "subtract_all"}},
    unknown=frozenset({"CubaLI", "I", "IF", "Threshold"}),
    step_of=_step,
    texts={"CubaLIF": _CUBA, "LIF": _LIF},
    remarks={
        "CubaLIF": "Rockpool reads no w_in and takes dt from the file's tau and r; here input "
        "counts w_in*dt/tau_syn, and r*dt/tau_mem at the membrane, unless r is "
        "tau_mem exp(-dt/tau_mem)/dt, as its exporter writes it, which leaves the bias out: then "
        "input decays as in its modules",
    },
    source="rockpool 3.1, nn/modules/torch/{nir,lif_torch,lif_neuron_torch}.py",
)
