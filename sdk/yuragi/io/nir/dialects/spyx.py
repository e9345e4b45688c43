"""Spyx: forward Euler; the spike leaves a step after the voltage passed the threshold."""

from yuragi.io.nir.dialects.rule import EULER, Dialect

__all__ = ["SPYX"]

SPYX = Dialect(
    name="spyx",
    step=EULER,
    resets={"": {"subtract": "subtract_late"}},
    remarks={"CubaLIF": "the order of Spyx's two states is assumed: the synapse first"},
    source="recorded voltages of Spyx in Pedersen et al., Nature Communications 15 (2024) 8122",
)
