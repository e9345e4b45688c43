"""Sinabs: exponential decay of the state, Euler of the input, several spikes a step."""

from yuragi.io.nir.dialects.rule import MIXED, Dialect

__all__ = ["SINABS"]

SINABS = Dialect(
    name="sinabs",
    step=MIXED,
    resets={"": {"subtract": "subtract_all"}, "IF": {"subtract": "subtract_all_floored"}},
    unknown=frozenset({"CubaLI", "CubaLIF", "I", "Threshold"}),
    remarks={
        "LIF": "Sinabs reads tau in steps and no r; here tau is in seconds and input counts "
        "r*dt/tau, as in the recorded run of the NIR paper",
    },
    source="sinabs 3.1, from_nir.py and layers/functional/lif.py",
)
