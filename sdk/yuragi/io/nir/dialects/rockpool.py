"""Rockpool: exponential decay of the state, Euler of the input, several spikes a step."""

from yuragi.io.nir.dialects.rule import MIXED, Dialect

__all__ = ["ROCKPOOL"]

ROCKPOOL = Dialect(
    name="rockpool",
    step=MIXED,
    resets={"": {"subtract": "subtract_all"}},
    unknown=frozenset({"CubaLI", "I", "IF", "Threshold"}),
    remarks={
        "CubaLIF": "Rockpool reads no w_in and takes dt from the file's tau and r; here input "
        "counts w_in*dt/tau_syn, and r*dt/tau_mem at the membrane",
    },
    source="rockpool 3.1, nn/modules/torch/{nir,lif_torch,lif_neuron_torch}.py",
)
