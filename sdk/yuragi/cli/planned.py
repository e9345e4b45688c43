"""What `estimate` and `budget` ask for: a network and its rates, or numbers alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from yuragi import hardware
from yuragi.cli.foreign import Foreign, foreign_options
from yuragi.cli.opening import open_description
from yuragi.cli.options import MODEL, dt_option, seed_option, steps_option
from yuragi.planning import Outline, from_numbers, outline

__all__ = ["chosen_profiles", "described", "network_options"]


def _rate(text: str) -> tuple[str | None, float]:
    """0.02 for all spiking populations, or cells=0.02 for one."""
    name, equals, number = text.rpartition("=")
    try:
        return (name if equals else None), float(number)
    except ValueError:
        raise click.BadParameter(f"{text!r}: expected e.g. 0.02 or cells=0.02") from None


def network_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that `described` reads."""
    for option in reversed(
        (
            click.argument("model", type=MODEL, required=False),
            click.option(
                "--rates",
                type=_rate,
                multiple=True,
                metavar="[NAME=]SHARE",
                help="Share of units that spike in a step, for all populations or for one.",
            ),
            click.option("--neurons", type=float, help="Instead of MODEL: how many units."),
            click.option("--synapses", type=float, help="Instead of MODEL: how many synapses."),
            click.option("--rate-hz", type=float, help="Spikes a second and unit."),
            click.option(
                "--wiring",
                type=click.Choice(["random", "local"]),
                default="random",
                show_default=True,
                help="Whether units that share a core hear the same sources.",
            ),
            click.option("--profiles", help="Chips, with commas between; by default all."),
            steps_option,
            foreign_options,
            dt_option,
            seed_option,
        )
    ):
        command = option(command)
    return command


def described(
    *,
    model: Path | None,
    rates: tuple[tuple[str | None, float], ...],
    neurons: float | None,
    synapses: float | None,
    rate_hz: float | None,
    wiring: Any,
    steps: int | None,
    foreign: Foreign,
    dt: float | None,
    seed: int | None,
) -> Outline:
    """The network as numbers.  Errors: UsageError where it is neither named nor given."""
    if model is None:
        if neurons is None or synapses is None or rate_hz is None:
            raise click.UsageError("give MODEL, or --neurons, --synapses and --rate-hz")
        step = 1e-3 if dt is None else dt
        lasts = max(1, round(1 / step)) if steps is None else steps
        found = from_numbers(neurons, synapses, rate_hz=rate_hz, dt=step, steps=lasts)
        return replace(found, wiring=wiring)
    if neurons is not None or synapses is not None:
        raise click.UsageError("--neurons, --synapses: MODEL says how many there are")
    opened = open_description(model, seed=seed, dt=dt, foreign=foreign)
    everywhere = [rate for name, rate in rates if name is None]
    given: Any = {name: rate for name, rate in rates if name is not None}
    if rate_hz is not None:
        if opened.graph.dt is None:
            raise click.UsageError("--rate-hz: the model states no dt; give --dt or --rates")
        everywhere.append(rate_hz * opened.graph.dt)
    if len(everywhere) > 1 or (everywhere and given):
        raise click.UsageError("--rates, --rate-hz: one for all populations, or one for each")
    found = outline(
        opened.graph,
        everywhere[0] if everywhere else given or None,
        steps=steps or opened.run.steps,
        name=opened.model,
    )
    return replace(found, wiring=wiring)


def chosen_profiles(names: str | None) -> tuple[hardware.Profile, ...]:
    """Those that are named; by default every neuromorphic one that asks the user nothing."""
    if names:
        return tuple(hardware.load(name.strip()) for name in names.split(",") if name.strip())
    found = (hardware.load(name) for name in hardware.names())
    return tuple(one for one in found if one.kind == "neuromorphic" and not one.asks)
