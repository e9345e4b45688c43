"""Brian2: the network as real Brian2 objects, its own integrators, three targets."""

from yuragi_brian2._available import VERSION
from yuragi_brian2.backend import (
    Brian2Backend,
    Brian2NumpyBackend,
    Brian2Program,
    Brian2StandaloneBackend,
)
from yuragi_brian2.export import export

__all__ = [
    "VERSION",
    "Brian2Backend",
    "Brian2NumpyBackend",
    "Brian2Program",
    "Brian2StandaloneBackend",
    "export",
]
