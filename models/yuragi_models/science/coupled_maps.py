"""Checks of globally coupled maps: exponents and clusters."""

from __future__ import annotations

from collections.abc import Sequence

from yuragi import backend
from yuragi_models.analysis.spectra import spectrum
from yuragi_models.coupled_maps import CoupledMaps

__all__ = ["CHECKS"]


def exponents(a: float, coupling: float, steps: int) -> list[float]:
    """The largest exponent, and the one across the diagonal."""
    found = spectrum(CoupledMaps(6, a=a, coupling=coupling).network, count=2, steps=steps)
    return [float(found.exponents[0]), float(found.exponents[1])]


def clusters(a: float, couplings: Sequence[float], size: int, steps: int) -> list[int]:
    """How many clusters are left at each coupling."""
    found = []
    for coupling in couplings:
        maps = CoupledMaps(size, a=a, coupling=coupling)
        program = backend.compile(maps.network)
        found.append(len(maps.read(program.run(maps.stimulus(1), steps=steps))[0]))
    return found


CHECKS = {"GCM-1": exponents, "GCM-2": clusters}
