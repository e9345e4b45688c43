"""Hardware profiles: what a device holds, how it computes, what an event costs."""

from yuragi.hardware.constant import BASES, Basis, Constant, Scope, weakest
from yuragi.hardware.load import load, names, sets
from yuragi.hardware.profile import NumberFormats, Profile, Structure

__all__ = [
    "BASES",
    "Basis",
    "Constant",
    "NumberFormats",
    "Profile",
    "Scope",
    "Structure",
    "load",
    "names",
    "sets",
    "weakest",
]
