"""The network as a folder of scripts that needs lava-nc and nothing of yuragi."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from yuragi import hardware
from yuragi.errors import CapacityError, UnsupportedError
from yuragi.folders import new_folder
from yuragi.graph import Graph, Stimulus
from yuragi.hardware.profile import Profile
from yuragi.passes.lowering import lower, pipeline
from yuragi.passes.options import Options
from yuragi_lava.build import build, known
from yuragi_lava.dialect import with_dialect
from yuragi_lava.environment import REQUIREMENTS
from yuragi_lava.folder import write_folder
from yuragi_lava.plan import Batch, Plan

__all__ = ["export"]

_PROFILE = "loihi2"
_README = """{title}: a network of Lava processes, written by yuragi for one trial.

Needs Python 3.10 with {requirements}.

    python run.py --tag floating_pt -o found.npz
    python run.py --tag fixed_pt --steps {steps} -o found.npz

{integers}
processes/generated.py   populations that are no process of Lava's: equations, models for each tag
processes/projection.py  projections that are no process of Lava's
network_*.py             the populations, projections, sources and sinks; edit it as you like
arrays_*.npz             weights, parameters and stimuli
support/                 sinks that save what they hold; functions, noise, run configurations

found.npz holds what each population sent in every step, and every probe; (steps, units).
`python run.py --loihi` takes Lava's configuration for Loihi 2 hardware, which needs Intel's
extension of Lava and ProcessModels for the chip: Lava's own processes have them, generated ones
are models for a CPU.
"""


def export(
    graph: Graph,
    path: Path,
    *,
    steps: int,
    replace: bool = False,
    profile: str | Profile | None = None,
) -> tuple[Path, ...]:
    """Write the folder: floats, and integers for a profile.  Returns its files.

    profile: whose integers; None: those of loihi2 where the network can have them.
    Raises UnsupportedError or CapacityError where a profile that was asked for cannot hold it,
    ModelFileError where something is in the way.
    """
    first = _first_trial(graph)
    plans = [_plan(first, hardware.load("ideal"), steps)]
    chosen = hardware.load(profile or _PROFILE) if not isinstance(profile, Profile) else profile
    said = f"Integers are those of {chosen.title}."
    try:
        if chosen.numbers is not None:
            plans.append(_plan(first, chosen, steps))
        else:
            said = f"{chosen.title} has no integers."
    except (UnsupportedError, CapacityError) as problem:
        if profile is not None:
            raise
        said = f"There are no integers: {str(problem).splitlines()[0]}"
    title = path.stem
    with new_folder(path, replace=replace) as folder:
        write_folder(folder, plans, title=title)
        text = _README.format(
            title=title, requirements=", ".join(REQUIREMENTS), steps=steps, integers=f"{said}\n"
        )
        (folder / "README.txt").write_text(text, encoding="utf-8")
        names = sorted(item.relative_to(folder) for item in folder.rglob("*") if item.is_file())
    return tuple(path / name for name in names)


def _plan(graph: Graph, profile: Profile, steps: int) -> Plan:
    options = with_dialect(graph, profile, Options())
    lowered, _ = lower(graph, profile, pipeline(options))
    batch = Batch(first=0, trials=1, steps=steps)
    sources = known(lowered, steps=steps, trials=1)
    return build(lowered, batch, sources, profile.number("accumulator_bits"))


def _first_trial(graph: Graph) -> Graph:
    """The graph with the stimuli of one trial."""

    def one(stimulus: Stimulus) -> Stimulus:
        values = stimulus.values
        return dataclasses.replace(stimulus, values=values[0]) if values.ndim == 3 else stimulus

    return dataclasses.replace(graph, stimuli=tuple(one(s) for s in graph.stimuli))
