"""`yuragi profiles`: the chips, and where each number comes from."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from yuragi import hardware
from yuragi.cli.options import examples, force_option, json_option
from yuragi.cli.output import emit, table
from yuragi.hardware import Constant, Profile
from yuragi.io.profile_file import profile_text
from yuragi.units import engineering, engineering_band

__all__ = ["command"]

_SYMBOLS = {"joule": "J", "second": "s", "watt": "W", "hertz": "Hz"}


@click.group(
    "profiles",
    epilog=examples("yuragi profiles", "yuragi profiles show loihi2"),
    invoke_without_command=True,
)
@json_option
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """List the chips; `profiles show NAME` has each constant with its source, and named sets."""
    if ctx.invoked_subcommand is not None:
        ctx.obj = {"as_json": as_json}
        return
    profiles = [hardware.load(name) for name in hardware.names()]
    data = [{"name": p.name, "kind": p.kind, "title": p.title} for p in profiles]
    rows = [("name", "kind", "title"), *((p.name, p.kind, p.title) for p in profiles)]
    emit({"profiles": data}, table(rows), as_json=as_json)


@command.command("show", epilog=examples("yuragi profiles show loihi:sanafe"))
@click.argument("name")
@click.option("--constants", metavar="SET", help="A named set of constants of the profile.")
@json_option
@click.pass_context
def show(ctx: click.Context, name: str, constants: str | None, as_json: bool) -> None:
    """Each constant of a profile with its unit, band, basis, scope and source."""
    as_json = as_json or ctx.obj["as_json"]
    profile = hardware.load(name, constants=constants)
    sets = hardware.sets(name)
    emit(_data(profile, sets), _text(profile, sets), as_json=as_json)


@command.command("import", epilog=examples("yuragi profiles import arch.yaml -o my_chip.yaml"))
@click.argument("architecture", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the profile is written.",
)
@force_option
@json_option
@click.pass_context
def import_(
    ctx: click.Context, architecture: Path, output: Path, force: bool, as_json: bool
) -> None:
    """Write a SANA-FE architecture as a profile, to be completed with sources and limits."""
    as_json = as_json or ctx.obj["as_json"]
    profile = hardware.load(architecture)
    if output.suffix not in (".yaml", ".yml"):
        raise click.UsageError(f"--output: {output} does not end in .yaml")
    if output.exists() and not force:
        raise click.UsageError(f"--output: {output} exists already; --force writes over it")
    beside = output.with_suffix(".part")
    beside.write_text(profile_text(profile), encoding="utf-8")
    beside.replace(output)
    lines = [f"{output}: profile {profile.name} from {architecture}", *profile.notes]
    emit({"profile": profile.name, "file": str(output)}, "\n".join(lines), as_json=as_json)


def _data(profile: Profile, sets: Mapping[str, str]) -> dict[str, object]:
    return {
        "name": profile.name,
        "title": profile.title,
        "kind": profile.kind,
        "description": profile.description,
        "boundary": profile.boundary,
        "dynamics": profile.dynamics if profile.dynamics == "any" else list(profile.dynamics),
        "not_emulated": profile.not_emulated,
        "asks": dict(profile.asks),
        "constant_set": profile.constant_set or next(iter(sets), ""),
        "constant_sets": dict(sets),
        "activity": profile.activity,
        "timing": profile.timing,
        "constants": [
            {
                "name": name,
                "value": constant.value,
                "low": constant.low,
                "high": constant.high,
                "unit": constant.unit,
                "basis": constant.basis,
                "scope": constant.scope,
                "confidence": constant.confidence,
                "source": constant.source,
                "note": constant.note,
            }
            for name, constant in profile.constants()
        ],
        "sources": dict(profile.sources),
        "notes": list(profile.notes),
    }


def _text(profile: Profile, sets: Mapping[str, str]) -> str:
    rows = [("constant", "value", "basis", "scope", "source")]
    rows += [
        (name, _value(constant), constant.basis, constant.scope, constant.source)
        for name, constant in profile.constants()
    ]
    return "\n".join(
        [
            f"{profile.name}: {profile.title} ({profile.kind})",
            *_wrapped(profile.description, "  "),
            f"  boundary: {profile.boundary}",
            *_about(profile, sets),
            "",
            *([table(rows), ""] if len(rows) > 1 else []),
            *(
                line
                for key, text in profile.sources.items()
                for line in _wrapped(f"{key}: {text}", "")
            ),
            *(line for note in profile.notes for line in _wrapped(f"note: {note}", "")),
        ]
    ).rstrip()


def _about(profile: Profile, sets: Mapping[str, str]) -> Iterator[str]:
    """What it runs, what it asks for, and its sets of constants."""
    if profile.kind == "neuromorphic":
        units = "any equations"
        if profile.dynamics != "any":
            units = ", ".join(profile.dynamics)
        yield f"  units: {units}"
    if profile.not_emulated:
        yield from _wrapped(f"not emulated: {profile.not_emulated}", "  ")
    for name, text in profile.asks.items():
        yield f"  asks for {name}: {text}"
    chosen = profile.constant_set or next(iter(sets), "")
    for name, text in sets.items():
        mark = "shown here" if name == chosen else f"yuragi profiles show {profile.name}:{name}"
        yield from _wrapped(f"constants {name} ({mark}){': ' if text else ''}{text}", "  ")


def _value(constant: Constant) -> str:
    symbol = _SYMBOLS.get(constant.unit)
    if symbol is not None and constant.low == constant.high:
        return engineering(constant.value, symbol)
    if symbol is not None:
        return engineering_band(constant.low, constant.value, constant.high, symbol)
    if constant.low == constant.high:
        return f"{constant.value:,.0f} {constant.unit}"
    return f"{constant.value:,.0f} [{constant.low:,.0f}, {constant.high:,.0f}] {constant.unit}"


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(text, width=98, initial_indent=indent, subsequent_indent=indent + "  ")
