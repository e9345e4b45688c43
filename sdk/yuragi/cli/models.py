"""`yuragi models`: the unit models, with their equations."""

from __future__ import annotations

import inspect

import click

from yuragi import zoo
from yuragi.cli.options import examples, json_option
from yuragi.cli.output import emit
from yuragi.dynamics import Dynamics

__all__ = ["command"]


@click.command("models", epilog=examples("yuragi models", "yuragi models chaotic_neuron"))
@click.argument("names", nargs=-1, metavar="[NAME]...")
@json_option
def command(names: tuple[str, ...], as_json: bool) -> None:
    """List the unit models that are installed: ports, parameters, equations."""
    known = {name: zoo.dynamics(name) for name in names} if names else zoo.all_dynamics()
    text = "\n\n".join(_text(name, known[name]) for name in sorted(known))
    data = {name: _data(known[name]) for name in sorted(known)}
    emit({"models": data}, text or "no unit model is installed", as_json=as_json)


def _data(unit: Dynamics) -> dict[str, object]:
    return {
        "ports": list(unit.ports),
        "parameters": dict(unit.parameters),
        "initial": dict(unit.initial),
        "equations": inspect.cleandoc(unit.equations),
        "output": unit.output,
        "threshold": unit.threshold,
        "reset": unit.reset,
        "refractory": unit.refractory,
        "method": unit.method,
    }


def _text(name: str, unit: Dynamics) -> str:
    parameters = ", ".join(f"{key} = {value:g}" for key, value in unit.parameters.items())
    lines = [name, f"  ports       {', '.join(unit.ports) or 'none'}"]
    if parameters:
        lines.append(f"  parameters  {parameters}")
    lines += [f"    {line}" for line in inspect.cleandoc(unit.equations).splitlines()]
    for label, value in (
        ("output", unit.output),
        ("threshold", unit.threshold),
        ("reset", unit.reset),
        ("refractory", unit.refractory or None),
    ):
        if value is not None:
            lines.append(f"  {label:<11} {value}")
    return "\n".join(lines)
