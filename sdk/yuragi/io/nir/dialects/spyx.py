"""Spyx: forward Euler; a unit is updated by what was sent in the step before, and resets then.

Its spikes are those of the voltages before the update. Here a unit hears a step later instead, so
that spikes and feedback fall into the same steps as in Spyx; voltages are those of a step before.
"""

from yuragi.io.nir.dialects.rule import EULER, Array, Dialect

__all__ = ["SPYX"]

# Its exporter writes r = 1 - dt/tau, which its reader does not read: input counts 1. Other files
# scale their input, as in the recorded run of the NIR paper. Source: spyx/nir.py and spyx/nn.py.
_LIF = """off = abs(r - 1 + dt/tau)
v(t+1) = (1 - dt/tau)*v + dt/tau*v_leak + where(off <= 1e-4, 1, r*dt/tau)*({i})"""
_CUBA = """off = abs(r - 1 + dt/tau_mem)
now = (1 - dt/tau_syn)*syn + where(off <= 1e-4, 1, w_in*dt/tau_syn)*({i})
syn(t+1) = now
v(t+1) = (1 - dt/tau_mem)*v + dt/tau_mem*v_leak + where(off <= 1e-4, 1, r*dt/tau_mem)*now"""


def _step(tau: Array, r: Array) -> Array:
    return tau * (1.0 - r)


SPYX = Dialect(
    name="spyx",
    step=EULER,
    resets={
        "": {"subtract": "subtract_next_step"},
        "CubaLIF": {"subtract": "subtract_and_decay_next_step"},
    },
    late=frozenset({"CubaLIF", "IF", "LIF"}),
    late_bias=True,
    by_role=True,
    channels_last=True,
    step_of=_step,
    unknown=frozenset({"CubaLI", "I"}),
    texts={"CubaLIF": _CUBA, "LI": "v(t+1) = (1 - dt/tau)*v + {i}", "LIF": _LIF},
    remarks=dict.fromkeys(
        ("CubaLIF", "LIF"),
        "input counts 1 where r is 1 - dt/tau, as its exporter writes; else r*dt/tau, as in the "
        "recorded run of the NIR paper, where the reader of Spyx 1.0 counts 1",
    ),
    source="spyx 1.0, nn.py and nir.py",
)
