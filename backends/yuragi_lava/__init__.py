"""Lava: real Lava processes, floats and bit-accurate integers, in an interpreter of their own."""

from yuragi_lava.backend import LavaBackend, LavaProgram
from yuragi_lava.environment import Environment, environment
from yuragi_lava.export import export
from yuragi_lava.running import Limits
from yuragi_lava.setup import setup

__all__ = [
    "Environment",
    "LavaBackend",
    "LavaProgram",
    "Limits",
    "environment",
    "export",
    "setup",
]
