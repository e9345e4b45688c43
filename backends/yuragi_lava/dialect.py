"""Which integers Loihi's compartments get where nobody chose: those of Lava's own LIF."""

from __future__ import annotations

from dataclasses import replace

from yuragi.graph import Graph
from yuragi.hardware.profile import Profile
from yuragi.passes.options import Options
from yuragi.passes.quantise_cuba import compartments_only

__all__ = ["DIALECT", "with_dialect"]

DIALECT = "lava"


def with_dialect(graph: Graph, profile: Profile, options: Options) -> Options:
    """The options with Lava's dialect, where compartments are asked for and no dialect is."""
    fixed = profile.dynamics == ("cuba_lif",)
    wanted = fixed or (profile.dynamics == "any" and compartments_only(graph))
    return replace(options, dialect=DIALECT) if wanted and options.dialect is None else options
