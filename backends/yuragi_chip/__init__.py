"""The emulated chip: a fast engine for floats and for a chip's integers."""

from yuragi_chip.backend import ChipBackend, ChipProgram

__all__ = ["ChipBackend", "ChipProgram"]
