"""`yuragi diff`: where two runs, two dialects or two backends first differ."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import click

from yuragi.backend import compile as compile_network
from yuragi.cli.foreign import Foreign, foreign_options
from yuragi.cli.group import LIMIT
from yuragi.cli.opening import is_run, open_description
from yuragi.cli.options import MODEL, dt_option, examples, json_option, seed_option, steps_option
from yuragi.cli.output import emit
from yuragi.differing import Difference, difference
from yuragi.errors import ModelFileError
from yuragi.graph import Graph, Probe
from yuragi.io.run_folder import read_run
from yuragi.recording import Recording

__all__ = ["command"]


@click.command(
    "diff",
    epilog=examples(
        "yuragi diff run-a/ run-b/",
        "yuragi diff braille.nir --dialects snntorch,norse --input events.npy",
        "yuragi diff model.yaml --backends chip,brian2",
    ),
)
@click.argument("left", type=MODEL, metavar="RUN|MODEL")
@click.argument("right", type=MODEL, required=False, metavar="[RUN]")
@click.option("--dialects", help="Two dialects of a .nir file, with a comma between.")
@click.option("--backends", help="Two backends, with a comma between.")
@click.option("--profile", default="ideal", show_default=True, help="Chip of both.")
@foreign_options
@dt_option
@steps_option
@seed_option
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    left: Path,
    right: Path | None,
    dialects: str | None,
    backends: str | None,
    profile: str,
    foreign: Foreign,
    dt: float | None,
    steps: int | None,
    seed: int | None,
    as_json: bool,
) -> None:
    """Name the first unit and step that differ, both states, and the rule that would explain it.

    Two runs, or one model under two dialects or on two backends. The exit code is 1 where they
    differ.
    """
    if right is not None:
        if not (is_run(left) and is_run(right)):
            raise ModelFileError("expected two runs, or one model with --dialects or --backends")
        names = [str(left), str(right)]
        found = difference(read_run(left).recording, read_run(right).recording)
    else:
        names, graphs, doors = _pairs(left, dialects, backends, foreign, seed=seed, dt=dt)
        found = _of_graphs(graphs, doors, profile, steps)
    data = {"left": names[0], "right": names[1], "differs": found is not None}
    data |= {} if found is None else asdict(found)
    text = f"{names[0]} and {names[1]}: " + ("no difference" if found is None else str(found))
    emit(data, text, as_json=as_json)
    if found is not None:
        ctx.exit(LIMIT)


def _pairs(
    model: Path,
    dialects: str | None,
    backends: str | None,
    foreign: Foreign,
    *,
    seed: int | None,
    dt: float | None,
) -> tuple[list[str], list[Graph], list[str]]:
    """What the two are called, their networks and their backends."""
    chosen = [name.strip() for name in (dialects or backends or "").split(",") if name.strip()]
    if len(chosen) != 2 or (dialects and backends):
        raise click.UsageError("expected a second run, or two names for --dialects or --backends")
    graphs = [
        open_description(
            model,
            seed=seed,
            dt=dt,
            foreign=replace(foreign, dialect=name) if dialects else foreign,
        ).graph
        for name in chosen
    ]
    return chosen, graphs, chosen if backends else ["chip", "chip"]


def _of_graphs(
    graphs: list[Graph], doors: list[str], profile: str, steps: int | None
) -> Difference | None:
    """Run both; where a spike differs, once more with that population's states."""
    found = difference(*(_run(*each, profile, steps) for each in zip(graphs, doors, strict=True)))
    if found is None or found.variable != "spikes":
        return found
    seen = [_probed(graph, found.population) for graph in graphs]
    return difference(*(_run(*each, profile, steps) for each in zip(seen, doors, strict=True)))


def _run(graph: Graph, door: str, profile: str, steps: int | None) -> Recording:
    return compile_network(graph, backend=door, profile=profile).run(steps=steps)


def _probed(graph: Graph, name: str) -> Graph:
    own = {(probe.node, probe.variable) for probe in graph.probes}
    states = graph.node(name).dynamics.system.states
    more = tuple(Probe(node=name, variable=v) for v in states if (name, v) not in own)
    return replace(graph, probes=(*graph.probes, *more))
