"""Checks of the conductance models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from yuragi.dynamics import Dynamics
from yuragi_models.analysis.excitability import Excitability
from yuragi_models.conductance import (
    HODGKIN_HUXLEY_1952,
    MORRIS_LECAR_CLASS1,
    MORRIS_LECAR_CLASS2,
)

__all__ = ["CHECKS"]

_EULER = 5e-5


def axon(
    gNa: float, gK: float, gL: float, EL: float, integrator: str = "rk4 dt .01"
) -> Excitability:
    """The squid axon with some constants and one of two integrators."""
    given = {"g_na": float(gNa), "g_k": float(gK), "g_l": float(gL), "e_l": float(EL)}
    unit = replace(HODGKIN_HUXLEY_1952, parameters={**HODGKIN_HUXLEY_1952.parameters, **given})
    if integrator.startswith("exponential"):
        return Excitability(replace(unit, method="exponential_euler"), step=_EULER)
    return Excitability(unit)


def rest(**constants: Any) -> float:
    """The voltage at rest."""
    return float(axon(**constants).rest()[0])


def rheobase(**constants: Any) -> float:
    """The smallest step of current that makes one spike."""
    return axon(**constants).onset(1.5, 3.5, seconds=0.1, once=True)[0]


def onset(integrator: str = "rk4 dt .01", **constants: Any) -> float:
    """The smallest step of current that makes it fire again and again."""
    return axon(integrator=integrator, **constants).onset(5.5, 9.5, seconds=1.0)[0]


def onset_rate(**constants: Any) -> float:
    """The rate there."""
    return axon(**constants).onset(5.5, 9.5, seconds=1.0)[1]


def upper_hopf(**constants: Any) -> float:
    """The current above which the axon is depolarised and silent."""
    return max(axon(**constants).hopf(-5.0, 40.0))


def lower_hopf(**constants: Any) -> float:
    """The current at which rest loses its stability, above the onset of repetitive firing."""
    return min(axon(**constants).hopf(-5.0, 40.0))


def rates(I: Sequence[float], integrator: str, **constants: Any) -> list[float]:  # noqa: E741
    """Rates at some currents."""
    return [float(f) for f in axon(integrator=integrator, **constants).rates(I).hertz]


def bistable(I: float, **constants: Any) -> bool:  # noqa: E741
    """Silent from the fixed point of the current, firing from the state at v = 0."""
    found = axon(**constants)
    silent = found.rates([I], start=found.rest(I)).hertz[0] == 0
    return bool(silent and found.rates([I]).hertz[0] > 0)


def fibre(unit: Dynamics) -> Excitability:
    """A Morris-Lecar unit, in steps of .05 ms."""
    return Excitability(unit, step=5e-5, above=0.0)


def _with(unit: Dynamics, constants: dict[str, float]) -> Dynamics:
    names = {"VL": "e_l", "VK": "e_k", "VCa": "e_ca", "gCa": "g_ca", "gK": "g_k", "gL": "g_l"}
    given = {names.get(name, name.lower()): float(value) for name, value in constants.items()}
    return replace(unit, parameters={**unit.parameters, **given})


def saddle_node(**constants: Any) -> float:
    """The current of the saddle-node on an invariant circle."""
    return fibre(_with(MORRIS_LECAR_CLASS1, constants)).saddle_node(-60.0, -10.0)


def square_root_law(beyond: float, seconds: float) -> list[float]:
    """How the rate grows from `beyond` the saddle-node to 4 and to 16 times as far."""
    unit = fibre(MORRIS_LECAR_CLASS1)
    fold = unit.saddle_node(-60.0, -10.0)
    across = [fold + beyond * times for times in (1.0, 4.0, 16.0)]
    hertz = unit.rates(across, seconds=seconds, start=unit.rest(0.0)).hertz
    return [float(hertz[1] / hertz[0]), float(hertz[2] / hertz[1])]


def hopf(**constants: Any) -> list[float]:
    """The currents at which the rest loses and regains stability."""
    return fibre(_with(MORRIS_LECAR_CLASS2, constants)).hopf(-60.0, 20.0)


def class_two_rates(I: float, seconds: float = 4.0) -> list[float]:  # noqa: E741
    """The rate at a current; the onset from rest and the rate there."""
    found = fibre(MORRIS_LECAR_CLASS2)
    return [float(found.rates([I], seconds=seconds).hertz[0]), *found.onset(85, 92, seconds=3.0)]


def rests() -> list[float]:
    """Rest of class II and class I; voltage and w of class I at a current of 30."""
    one, two = fibre(MORRIS_LECAR_CLASS1), fibre(MORRIS_LECAR_CLASS2)
    return [float(two.rest()[0]), float(one.rest()[0]), *(float(x) for x in one.rest(30.0))]


_AXON: dict[str, Any] = {
    "1": rest,
    "2": rheobase,
    "3": onset,
    "3e": onset,
    "4": onset_rate,
    "5": lower_hopf,
    "6": upper_hopf,
    "7": rates,
    "8": rates,
    "9": bistable,
}
CHECKS = {
    **{f"HH-{row}-{kind}": check for row, check in _AXON.items() for kind in ("52", "A")},
    "HH-1b-52": rest,
    "HH-3b-52": onset,
    "ML-1a": saddle_node,
    "ML-1c": square_root_law,
    "ML-2a": hopf,
    "ML-2b": class_two_rates,
    "ML-4": rests,
}
