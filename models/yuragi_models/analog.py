"""Units that send values: relay, sums, sigmoid, rectifier, leaky tanh."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import ArrayLike, NDArray

from yuragi.dynamics import Dynamics
from yuragi.errors import GraphError

__all__ = [
    "ACCUMULATOR",
    "INTEGRATOR",
    "LEAKY_RELU",
    "LEAKY_TANH",
    "RELAY",
    "RELU",
    "SIGMOID",
    "SWISH",
    "TANH",
    "leaky_tanh",
]

RELAY = Dynamics(name="relay", equations="y = i", ports=("i",), output="y")
"""y(t) = i(t): sends what it receives, in the same step."""

ACCUMULATOR = Dynamics(name="accumulator", equations="v(t+1) = v + i", ports=("i",))
"""v(t+1) = v(t) + i(t); sends nothing. A read-out: probe v at the end of a trial.

v at step 0 is the read-out's bias.      shape () or (size,)
"""

INTEGRATOR = Dynamics(
    name="integrator",
    equations="v(t+1) = leak*v + i + bias",
    ports=("i",),
    output="v",
    parameters={"leak": 1.0, "bias": 0.0},
)
"""v(t+1) = leak v(t) + i(t) + bias, sent as it is.

leak: what is kept from step to step, in [0, 1].
"""

SIGMOID = Dynamics(
    name="sigmoid",
    equations="""
        u = i + bias
        y = sigmoid(u/epsilon)
    """,
    ports=("i",),
    output="y",
    parameters={"bias": 0.0, "epsilon": 1.0},
)
"""y = 1 / (1 + exp(-(i + bias)/epsilon)): the analog neuron; a threshold as epsilon -> 0.

Source: Hopfield, PNAS 81 (1984) 3088.
"""

RELU = Dynamics(
    name="relu",
    equations="y = relu(i + bias)",
    ports=("i",),
    output="y",
    parameters={"bias": 0.0},
)
"""y = max(0, i + bias).  Source: Fukushima, IEEE Trans. Syst. Sci. Cybern. 5 (1969) 322."""

LEAKY_TANH = Dynamics(
    name="leaky_tanh",
    equations="x(t+1) = (1 - leak)*x + leak*tanh(drive + recurrent + bias)",
    ports=("drive", "recurrent"),
    output="x",
    parameters={"leak": 0.7, "bias": 0.0},
)
"""x(t+1) = (1 - leak) x(t) + leak tanh(drive + recurrent + bias): a unit of an echo state network.

leak: the leak rate, in (0, 1].
drive, recurrent: input from outside and from the reservoir, each with a scale of its own on a chip.
Source: Jaeger, Lukosevicius, Popovici, Siewert, Neural Networks 20 (2007) 335.
"""


def leaky_tanh(leak_rate: float, bias: NDArray[Any]) -> Mapping[str, ArrayLike]:
    """Parameters of LEAKY_TANH.  leak_rate: in (0, 1]; GraphError where it is not."""
    if not 0.0 < leak_rate <= 1.0:
        raise GraphError(f"leak_rate {leak_rate}: expected in (0, 1]")
    return {"leak": leak_rate, "bias": bias}


LEAKY_RELU = Dynamics(
    name="leaky_relu",
    equations="""
        u = i + bias
        y = max(u, slope*u)
    """,
    ports=("i",),
    output="y",
    parameters={"bias": 0.0, "slope": 0.01},
)
"""y = u where u = i + bias is above 0, slope u below, 0 <= slope < 1.

Source: Maas, Hannun & Ng, ICML 2013.
"""

TANH = Dynamics(
    name="tanh",
    equations="y = tanh(steepness*(i + bias))",
    ports=("i",),
    output="y",
    parameters={"bias": 0.0, "steepness": 1.0},
)
"""y = tanh(steepness (i + bias)).  Source: Hopfield, PNAS 81 (1984) 3088."""

SWISH = Dynamics(
    name="swish",
    equations="""
        u = i + bias
        y = u*sigmoid(steepness*u)
    """,
    ports=("i",),
    output="y",
    parameters={"bias": 0.0, "steepness": 1.0},
)
"""y = u / (1 + exp(-steepness u)) with u = i + bias.

Source: Ramachandran, Zoph & Le, arXiv:1710.05941.
"""
