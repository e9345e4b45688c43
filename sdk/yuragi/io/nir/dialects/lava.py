"""Lava in floats: forward Euler, a step from each process to the next."""

from yuragi.io.nir.dialects.rule import EULER, Dialect
from yuragi.io.nir.nodes import NEURONS

__all__ = ["LAVA"]

LAVA = Dialect(
    name="lava",
    step=EULER,
    resets={"": {"zero": "zero"}},
    late=frozenset({*NEURONS, "Delay", "Output"}),
    unknown=frozenset({"CubaLI", "I", "LI", "Threshold"}),
    source="lava-nc/lava 0.10, proc/lif/models.py (float) and proc/dense",
)
