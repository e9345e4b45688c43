"""snnTorch: forward Euler at 0.1 ms, feedback with its bias from step 0 on.

Its modules reset in the step of the spike when they come from NIR (reset_delay=False), and in the
step after it where they were written by hand; names with "_next" are the latter. A Leaky unit that
resets to zero in the next step spikes as one that does so in the same step.
"""

import numpy as np

from yuragi.io.nir.dialects.rule import EULER, Array, Dialect

__all__ = ["SNNTORCH"]

_BOTH = {
    "zero": "zero",
    "subtract": "subtract_twice",
    "none": "none",
    "subtract_next": "subtract_next_step",
    "zero_next": "zero_next_step",
}

# Its units take in what arrives as it is; a file whose numbers say otherwise scales it. "As it is"
# is within 1e-5, as NumPy's allclose has it. Source: import_nir.py, w_scale.
_LIF = """scale = where(abs(r*dt/tau - 1) <= 1e-5, 1, r*dt/tau)
v(t+1) = (1 - dt/tau)*v + dt/tau*v_leak + scale*({i})"""
_CUBA = """scale_syn = where(abs(w_in*dt/tau_syn - 1) <= 1e-5, 1, w_in*dt/tau_syn)
scale_mem = where(abs(r*dt/tau_mem - 1) <= 1e-5, 1, r*dt/tau_mem)
now = (1 - dt/tau_syn)*syn + scale_syn*({i})
syn(t+1) = now
v(t+1) = (1 - dt/tau_mem)*v + dt/tau_mem*v_leak + scale_mem*now"""


def _step(tau: Array, r: Array) -> Array:
    """tau/r, which is 0.1 ms in all that its exporter writes."""
    return np.where(np.isclose(tau / r, 1e-4, rtol=1e-4, atol=0), tau / r, np.nan)


SNNTORCH = Dialect(
    name="snntorch",
    step=EULER,
    resets={"": _BOTH, "IF": {"subtract": "subtract_twice", **_BOTH}},
    reads_r=frozenset({"LI", "LIF"}),
    keep_if="0.9*",
    by_role=True,
    step_of=_step,
    texts={"CubaLIF": _CUBA, "LIF": _LIF},
    unknown=frozenset({"CubaLI", "I", "LI", "Threshold"}),
    remarks={"IF": "snnTorch reads IF as Leaky(beta=0.9, reset_mechanism='subtract')"},
    source="snntorch 1.0, import_nir.py and _neurons/{leaky,synaptic,rleaky,rsynaptic}.py",
)
