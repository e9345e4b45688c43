"""Sinabs: exponential decay of the state, several spikes a step, input as it is."""

import numpy as np

from yuragi.io.nir.dialects.rule import MIXED, Array, Dialect

__all__ = ["SINABS"]

# Its files have tau in steps and its units take in what arrives as it is. No time constant of a
# unit lasts a second, nor less than a step, so that the number tells which it is; where it is
# seconds, input counts r*dt/tau, as in the recorded run of the NIR paper.
_MEMBRANE = """taken = where(tau >= 1, 1, r*dt/tau)
v(t+1) = exp(-where(tau >= 1, 1, dt)/tau)*v + taken*({i})"""


def _step(tau: Array, r: Array) -> Array:
    return np.where((tau >= 1) & (r == 1), 1.0, np.nan)


SINABS = Dialect(
    name="sinabs",
    step=MIXED,
    resets={"": {"subtract": "subtract_all"}, "IF": {"subtract": "subtract_all_floored"}},
    unknown=frozenset({"CubaLI", "CubaLIF", "I", "Threshold"}),
    step_of=_step,
    texts=dict.fromkeys(("LI", "LIF"), _MEMBRANE),
    remarks=dict.fromkeys(("LI", "LIF"), "tau from 1 on is taken for steps, below for seconds"),
    source="sinabs 3.1, nir.py and layers/functional/lif.py",
)
