"""Whether a chip has the units of a network, and whether its arithmetic is run here at all."""

from __future__ import annotations

from yuragi.errors import ProfileError, UnsupportedError
from yuragi.graph import Graph
from yuragi.hardware.profile import Profile

__all__ = ["refuse_foreign_units", "refuse_incomplete", "refuse_unemulated"]

_BY_FORM = ("cuba_lif",)
"""Dynamics that the quantise pass recognises by their equations, whatever their name; those of a
profile with a neuron of its own too."""


def refuse_foreign_units(graph: Graph, profile: Profile) -> None:
    """Raise UnsupportedError that lists every population whose dynamics the chip has not."""
    if profile.dynamics in ("any", _BY_FORM) or profile.unit is not None:
        return
    listed = ", ".join(profile.dynamics)
    foreign = tuple(
        f"{node.name}: {node.dynamics.name}; {profile.name} has {listed}"
        for node in graph.nodes
        if node.dynamics.name not in profile.dynamics
    )
    if foreign:
        lines = "\n  ".join(foreign)
        raise UnsupportedError(
            f"{profile.name} runs fixed functions and not these units:\n  {lines}", foreign
        )


def refuse_incomplete(profile: Profile) -> None:
    """Raise ProfileError that names what a profile requires of its numbers and does not state."""
    lacking = [name for name in profile.missing if name.startswith(("limits.", "numbers."))]
    if lacking:
        raise ProfileError(f"profile {profile.name!r} states no {', '.join(lacking)}")


def refuse_unemulated(profile: Profile) -> None:
    """Raise UnsupportedError where the arithmetic of the chip is not run here, with the reason."""
    if profile.not_emulated:
        reason = f"{profile.name} is not emulated: {profile.not_emulated}"
        raise UnsupportedError(
            f"{reason}. Its limits were checked and hold; profile 'ideal' runs the network",
            (reason,),
        )
