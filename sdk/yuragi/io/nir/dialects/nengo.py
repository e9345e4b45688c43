"""Nengo: closed form, voltages not below 0; a filtered signal takes a step.

NIR's units become nengo.LIF(tau_ref=0) behind nengo.Lowpass in the NIR paper's script; the filter
of a CubaLIF decays by 1 - dt/tau_syn, and its current acts a step after the spike.
"""

from yuragi.io.nir.dialects.rule import CLOSED, Dialect

__all__ = ["NENGO"]

_CUBA = """now = (1 - dt/tau_syn)*syn + dt/tau_syn*({i})
syn(t+1) = now
v(t+1) = {keep_tau_mem}*v + {gain_tau_mem}*(v_leak + w_in*r*now)"""

NENGO = Dialect(
    name="nengo",
    step=CLOSED,
    resets={"": {"zero": "zero_floored"}, "IF": {"zero": "zero"}},
    late=frozenset({"CubaLIF", "LI"}),
    late_bias=True,
    texts={"CubaLIF": _CUBA, "LI": "v(t+1) = {keep_tau}*v + {gain_tau}*({i})"},
    unknown=frozenset({"CubaLI", "I", "Threshold"}),
    source="nengo 4.1, neurons.py; nir_to_nengo.py of Pedersen et al., Nature Communications 15 "
    "(2024) 8122",
)
