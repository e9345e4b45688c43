"""The equations of each kind of NIR neuron, one text a kind, and the ways to reset.

{i} is what arrives, {keep_x} and {gain_x} are how the time constant x acts in a step, {r} is "r*"
where a framework reads the resistance. Parameters have NIR's names and values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

__all__ = ["NEURON_TEXTS", "RESETS", "Reset"]

_CUBA: Final = """now = {keep_tau_syn}*syn + {gain_tau_syn}*({syn_leak}w_in*({i}))
syn(t+1) = now"""

# The last line is the membrane; a reset may say more about it.
NEURON_TEXTS: Final[Mapping[str, str]] = {
    "I": "v(t+1) = v + {r}({i})",
    "IF": "v(t+1) = {keep_if}v + {r}({i})",
    "LI": "v(t+1) = {keep_tau}*v + {gain_tau}*(v_leak + {r}({i}))",
    "LIF": "v(t+1) = {keep_tau}*v + {gain_tau}*(v_leak + {r}({i}))",
    "CubaLI": _CUBA + "\nv(t+1) = {keep_tau_mem}*v + {gain_tau_mem}*(v_leak + r*now)",
    "CubaLIF": _CUBA + "\nv(t+1) = {keep_tau_mem}*v + {gain_tau_mem}*(v_leak + r*now)",
    "Threshold": "v = {i}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reset:
    """When a unit spikes, and what becomes of its voltage.

    update: what the equation of the voltage becomes, {update} being its right side.
    extra: further lines.      output: what is sent, where it is not a plain spike.
    reads: parameters of NIR that the rule uses.
    """

    threshold: str = "v > v_threshold"
    reset: str | None = None
    update: str = "{update}"
    extra: str = ""
    output: str | None = None
    reads: tuple[str, ...] = ("v_threshold",)


RESETS: Final[Mapping[str, Reset]] = {
    "zero": Reset(reset="v = 0"),
    "zero_floored": Reset(reset="v = 0", update="max({update}, 0)"),
    "value": Reset(reset="v = v_reset", reads=("v_threshold", "v_reset")),
    "subtract": Reset(reset="v -= v_threshold"),
    "none": Reset(),
    # A unit that is still above its threshold after the reset needs twice the threshold.
    "subtract_twice": Reset(
        threshold="v > v_threshold + again*v_threshold",
        reset="v -= v_threshold",
        extra="again(t+1) = where(v > v_threshold, 1, 0)",
    ),
    "subtract_next_step": Reset(update="{update} - where(v > v_threshold, v_threshold, 0)"),
    "zero_next_step": Reset(update="where(v > v_threshold, 0, {update})"),
    # Spyx's CuBaLIF: the voltage that is left over decays, and what was subtracted with it.
    "subtract_and_decay_next_step": Reset(
        update="{update} - (1 - dt/tau_mem)*where(v > v_threshold, v_threshold, 0)"
    ),
    # As many spikes in one step as thresholds fit into the voltage.
    "subtract_all": Reset(
        threshold="v >= v_threshold",
        reset="v -= count*v_threshold",
        extra="count = floor(v/v_threshold)",
        output="count",
    ),
    # The same, with a voltage that is not below -v_threshold.
    "subtract_all_floored": Reset(
        threshold="v >= v_threshold",
        reset="v -= count*v_threshold",
        update="{update} + max(-v - v_threshold, 0)",
        extra="count = floor(v/v_threshold)",
        output="count",
    ),
    # From the instant within the step at which the closed form passes the threshold.
    "within_step": Reset(
        reset="v = goal + (v_reset - goal)*(goal - v)/(goal - v_threshold)",
        extra="goal = v_leak + r*({i})",
        reads=("v_threshold", "v_reset"),
    ),
}
