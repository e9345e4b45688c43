"""Which equations are a current-based leaky integrate-and-fire unit, however they are written.

u' = keep_u u + gain i;  v' = keep_v v + u' + bias;  spike where v' > threshold, then v' = 0 or
v' - threshold
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.equations.calculus import expand, linear
from yuragi.equations.evaluate import evaluate
from yuragi.equations.tree import Call, Expression, Name, Number, names
from yuragi.graph import Node
from yuragi.hardware.unit_form import Reset

__all__ = ["Cuba", "DoesNotFitError", "is_spike_input", "match"]

Array = NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cuba:
    """What a population's equations come to.

    Each is a value or one per unit.  voltage, current: the names of the states; no current where
    the input acts on the voltage directly.  u is what the current adds to the voltage: the current
    of the description times `coupling`.
    reset: to 0, or by the threshold.      strict: whether a voltage at the threshold is no spike.
    from_zero: whether the voltage is max(..., 0).
    """

    voltage: str
    current: str | None
    port: str
    keep_u: Array
    keep_v: Array
    gain: Array
    bias: Array
    threshold: Array
    coupling: Array
    reset: Reset = "zero"
    strict: bool = True
    from_zero: bool = False


class DoesNotFitError(Exception):
    """Why equations are not of the compartment's form."""


def is_spike_input(node: Node) -> bool:
    """A population without state that passes spikes on, port > 0.5: the host's, not the chip's."""
    system, ports = node.dynamics.system, node.dynamics.ports
    if system.states or node.dynamics.graded or system.threshold is None or len(ports) != 1:
        return False
    condition = expand(system.threshold, system.bindings)
    return condition == Call("gt", (Name(ports[0]), Number(0.5)))


def match(
    node: Node,
    dt: float | None,
    *,
    resets: Container[Reset] = ("zero",),
    inclusive: bool = False,
    from_zero: bool = False,
) -> Cuba:
    """The coefficients of a population; DoesNotFitError where it is of another form.

    resets: those that the chip has.     inclusive: whether v >= threshold is a form it can take.
    from_zero: whether max(..., 0) is one that its voltage can take.
    """
    dynamics, system = node.dynamics, node.dynamics.system
    states = system.states
    if dynamics.graded:
        raise DoesNotFitError("it sends values; the chip sends binary spikes")
    if system.draws:
        raise DoesNotFitError("it draws noise")
    if len(states) not in (1, 2) or len(dynamics.ports) != 1:
        raise DoesNotFitError(f"{len(states)} states and {len(dynamics.ports)} ports")
    known = {**node.parameters, "dt": np.asarray(dt or 1.0)}
    voltage, threshold, strict = _threshold(node, known, inclusive=inclusive)
    current = next((name for name in states if name != voltage), None)
    port = dynamics.ports[0]
    level = _value(threshold, known)
    reset = _reset(system.reset, voltage, level, known, resets)
    update = _update(node, voltage)
    inner = _above_zero(update) if from_zero else None
    v = _form(voltage, update if inner is None else inner, (*states, port), known)
    if current is None:
        return Cuba(
            voltage=voltage, current=None, port=port, keep_u=np.asarray(0.0), keep_v=v[voltage],
            gain=v[port], bias=v[""], threshold=level, coupling=np.asarray(1.0),
            reset=reset, strict=strict, from_zero=inner is not None,
        )  # fmt: skip
    u = _form(current, _update(node, current), (*states, port), known)
    if np.any(u[voltage] != 0):
        raise DoesNotFitError(f"{current} depends on {voltage}")
    if np.any(u[""] != 0):
        raise DoesNotFitError(f"{current} has a bias of its own")
    coupling = _ratio(v[port], u[port], f"{voltage} does not take in the new {current}")
    if not np.allclose(v[current], coupling * u[current], rtol=1e-12, atol=0):
        raise DoesNotFitError(f"{voltage} takes in the old {current}; the chip adds the new one")
    return Cuba(
        voltage=voltage, current=current, port=port, keep_u=u[current], keep_v=v[voltage],
        gain=v[port], bias=v[""], threshold=level, coupling=coupling, reset=reset,
        strict=strict, from_zero=inner is not None,
    )  # fmt: skip


def _ratio(x: Array, y: Array, why: str) -> Array:
    if np.any(y == 0) or np.any(x == 0):
        raise DoesNotFitError(why)
    return np.asarray(x / y)


def _threshold(
    node: Node, known: Mapping[str, Array], *, inclusive: bool
) -> tuple[str, Expression, bool]:
    """(voltage, level, strict) of a condition that says voltage > level, however it is written."""
    system = node.dynamics.system
    strict, form = True, None
    match None if system.threshold is None else expand(system.threshold, system.bindings):
        case Call("gt", (above, below)) | Call("lt", (below, above)):
            form = linear(Call("sub", (above, below)), system.states)
        case Call("ge", (above, below)) | Call("le", (below, above)) if inclusive:
            strict, form = False, linear(Call("sub", (above, below)), system.states)
    slopes = {} if form is None else {n: s for n, s in form[0].items() if s != Number(0.0)}
    slope = next(iter(slopes.values()), Number(0.0))
    if form is None or len(slopes) != 1 or not np.all(_value(slope, known) > 0):
        wanted = "v > constant" if inclusive else "v > constant (strict)"
        raise DoesNotFitError(f"its threshold is not of the form {wanted}")
    (voltage,) = slopes
    return voltage, Call("div", (Call("neg", (form[1],)), slope)), strict


def _reset(
    lines: tuple[tuple[str, Expression], ...],
    voltage: str,
    level: Array,
    known: Mapping[str, Array],
    resets: Container[Reset],
) -> Reset:
    alone = len(lines) == 1 and lines[0][0] == voltage
    form = linear(lines[0][1], (voltage,)) if alone else None
    if form is not None and names(form[1]) | names(form[0][voltage]) <= known.keys():
        kept, added = _value(form[0][voltage], known), _value(form[1], known)
        if "zero" in resets and not np.any(kept) and not np.any(added):
            return "zero"
        if "subtract" in resets and np.all(kept == 1) and np.allclose(-added, level, rtol=1e-12):
            return "subtract"
    texts = {"zero": f"{voltage} = 0", "subtract": f"{voltage} less its threshold"}
    wanted = " or ".join(text for kind, text in texts.items() if kind in resets)
    raise DoesNotFitError(f"its reset is not {wanted}")


def _value(expression: Expression, known: Mapping[str, Array]) -> Array:
    if not names(expression) <= known.keys():
        raise DoesNotFitError(f"{', '.join(names(expression) - known.keys())} is not constant")
    return evaluate(expression, known)


def _update(node: Node, state: str) -> Expression:
    system = node.dynamics.system
    return expand(dict(system.updates)[state], system.bindings)


def _above_zero(update: Expression) -> Expression | None:
    """What is never below 0 here; None where the update is of another form."""
    match update:
        case Call("max", (inner, Number(0.0))) | Call("max", (Number(0.0), inner)):
            return inner
        case Call("relu", (inner,)):
            return inner
    return None


def _form(
    state: str, update: Expression, variables: tuple[str, ...], known: Mapping[str, Array]
) -> dict[str, Array]:
    """The coefficients of a state's update, and the rest under ""."""
    form = linear(update, variables)
    if form is None:
        raise DoesNotFitError(f"{state}(t+1) is not linear")
    found = {name: _value(slope, known) for name, slope in form[0].items()}
    found[""] = _value(form[1], known)
    return found
