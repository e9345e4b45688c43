"""`yuragi check`: every limit of a chip that a model breaks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from yuragi import hardware
from yuragi.cli.foreign import Foreign, foreign_options
from yuragi.cli.group import LIMIT
from yuragi.cli.opening import by_dialect, open_description
from yuragi.cli.options import (
    MODEL,
    chosen,
    dt_option,
    examples,
    force_option,
    json_option,
    pass_options,
    profile_option,
    seed_option,
)
from yuragi.cli.output import emit
from yuragi.errors import CapacityError, UnsupportedError
from yuragi.folders import check_free
from yuragi.graph import Graph
from yuragi.hardware import Profile
from yuragi.passes.check import Check, CheckReport, check_report
from yuragi.passes.lowering import pipeline
from yuragi.passes.options import Options
from yuragi.passes.pipeline import Pass, run_passes
from yuragi.passes.repair import Repaired, find_repair, reasons
from yuragi.storage import save

__all__ = ["command"]


@click.command("check", epilog=examples("yuragi check digits.yaml --profile loihi"))
@click.argument("model", type=MODEL)
@profile_option
@pass_options
@foreign_options
@dt_option
@seed_option
@click.option(
    "--repair", is_flag=True, help="Apply repairs until every limit holds, and say what they cost."
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Folder *.yg to write the repaired network to.",
)
@force_option
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    /,
    model: Path,
    profile: str | None,
    foreign: Foreign,
    dt: float | None,
    seed: int | None,
    repair: bool,
    output: Path | None,
    force: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """List every limit of a chip that MODEL breaks, each with a repair, and the room that is left.

    The exit code is 1 where a limit is broken; with --repair, where no repair is known.
    """
    if output is not None:
        if not repair:
            raise click.UsageError("-o writes the repaired network: give --repair too")
        check_free(output, replace=force)
    foreign, told = by_dialect(model, foreign)
    described = open_description(model, seed=seed, dt=dt, foreign=foreign)
    chip = hardware.load(profile or described.run.profile)
    passes = pipeline(Options(**({"dialect": described.run.dialect} | told | chosen(options))))
    try:
        report = _report(described.graph, chip, passes)
    except (CapacityError, UnsupportedError) as problem:
        # It does not come as far as the limits; `violations` may be empty, the message is not.
        refused = [str(item) for item in problem.violations] or [str(problem)]
        data = _data(described.model, chip, None)
        data["violations"] = [{"message": text} for text in refused]
        emit(data, _text(described.model, chip, refused, None), as_json=as_json)
        ctx.exit(LIMIT)
    broken = [str(violation) for violation in report.violations]
    found = find_repair(described.graph, chip, passes) if broken else None
    if found is not None and output is not None:
        save(found.graph, output)
    emit(
        _data(described.model, chip, report) | _repair_data(found, output),
        _text(described.model, chip, broken, report)
        + _repair_text(broken, found, output, reasons(report.violations)),
        as_json=as_json,
    )
    if broken and not (repair and found is not None):
        ctx.exit(LIMIT)


def _report(graph: Graph, chip: Profile, passes: tuple[Pass, ...]) -> CheckReport:
    """The limits after every pass but the one that refuses."""
    lowered, _ = run_passes(graph, chip, [p for p in passes if not isinstance(p, Check)])
    return check_report(lowered, chip)


def _repair_data(found: Repaired | None, output: Path | None) -> dict[str, object]:
    if found is None:
        return {"repair": None}
    return {
        "repair": {
            "actions": list(found.actions),
            "costs": list(found.costs),
            "output": None if output is None else str(output),
        }
    }


def _repair_text(
    broken: list[str], found: Repaired | None, output: Path | None, why: tuple[str, ...]
) -> str:
    if not broken:
        return ""
    if found is None:
        listed = "".join(f"\n  {line}" for line in why)
        return (
            f"\n\nno repair is known with which every limit holds{':' + listed if listed else ''}"
        )
    written = "" if output is None else f"\nwritten to {output}"
    return f"\n\na repair was applied, and every limit holds then: {found}{written}"


def _data(model: str, chip: Profile, report: CheckReport | None) -> dict[str, object]:
    violations = [] if report is None else report.violations
    headroom = [] if report is None else report.headroom
    return {
        "model": model,
        "profile": chip.name,
        "fits": report is not None and not report.violations,
        "violations": [
            {
                "code": item.code,
                "place": item.place,
                "found": item.found,
                "limit": item.limit,
                "repair": item.repair,
                "message": str(item),
            }
            for item in violations
        ],
        "headroom": [
            {"code": item.code, "place": item.place, "found": item.found, "limit": item.limit}
            for item in headroom
        ],
        "unchecked": [] if report is None else list(report.unchecked),
    }


def _unchecked(report: CheckReport) -> list[str]:
    unstated = [code for code in report.unchecked if code not in report.unmeasured]
    told = (
        ("not stated by the profile, so not checked", unstated),
        ("stated, but there is nothing to measure", report.unmeasured),
    )
    lines = [f"{words}: {', '.join(codes)}" for words, codes in told if codes]
    return ["", *lines] if lines else []


def _text(model: str, chip: Profile, broken: list[str], report: CheckReport | None) -> str:
    if broken:
        lines = [f"{model} does not fit {chip.name}: {len(broken)} violation(s)"]
    else:
        lines = [f"{model} fits {chip.name}"]
    lines += [f"  {text}" for text in broken]
    if report is not None and report.headroom:
        lines += ["", "limits that hold, each at its fullest place:"]
        lines += [f"  {item}" for item in report.headroom]
    if report is not None:
        lines += _unchecked(report)
    if chip.not_emulated:
        lines += ["", f"{chip.name} is not emulated, so nothing runs on it: {chip.not_emulated}"]
    return "\n".join(lines)
