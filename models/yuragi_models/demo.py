"""Digits on an emulated chip beside a perceptron on digital machines: `make demo`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from yuragi.errors import CapacityError, DependencyError, UnsupportedError, YuragiError
from yuragi.power.band import Band
from yuragi.power.compare import Comparison
from yuragi.power.figure import accuracy_figure
from yuragi.units import engineering
from yuragi_models.contest import PROFILE, Contest, Entry, Stage, contest

__all__ = ["main", "save_figure", "table"]

_HEADER = (
    *("network", "platform", "float", "deployed"),
    *("", "dynamic", "static", "total", "time", "cores"),
)
_GROUPS = {2: "accuracy", 5: "joules per digit", 8: "per digit"}
_GAP = "  "


@click.command()
@click.option("--seed", default=0, show_default=True, help="Of the split and of all draws.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of a table.")
@click.option(
    "-o",
    "--output",
    default="digits.png",
    show_default=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the figure goes.",
)
def main(seed: int, as_json: bool, output: Path) -> None:
    """Classify 360 scanned digits on an emulated chip; print accuracy, joules and seconds."""
    if not output.parent.is_dir():
        raise click.BadParameter(f"no folder {output.parent}", param_hint="--output")
    if seed < 0:
        raise click.BadParameter(f"{seed} is below 0", param_hint="--seed")
    try:
        with _bar() as stage:
            found = contest(seed=seed, stage=stage)
        save_figure(found, output)
    except YuragiError as error:
        click.echo(f"demo: {error}", err=True)
        sys.exit(_exit_code(error))
    if as_json:
        click.echo(json.dumps(_document(found, output), indent=2))
    else:
        click.echo(f"{table(found)}\n\nfigure: {output}")


def save_figure(found: Contest, path: Path) -> None:
    """Draw accuracy against joules per digit; the file appears whole or not at all."""
    comparison = Comparison(rows=tuple(entry.row for entry in found.entries))
    figure = accuracy_figure(comparison, title="scanned digits, 8 x 8")
    kind = path.suffix.removeprefix(".") or "png"
    beside = path.with_name(f".{path.name}.part")
    try:
        figure.savefig(beside, format=kind)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def table(found: Contest) -> str:
    """One block for each entry: nominal, low and high, and what the joules include."""
    blocks = [_cells(entry) for entry in found.entries]
    lines = [_HEADER, *(line for block in blocks for line in block)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEADER))]
    train, test = found.samples
    shown = [
        f"scanned digits: {train:,} to train, {test:,} to test, seed {found.seed}",
        "",
        _above(widths),
        _joined(_HEADER, widths),
        "-" * (sum(widths) + len(_GAP) * (len(widths) - 1)),
    ]
    for entry, block in zip(found.entries, blocks, strict=True):
        shown += [*(_joined(line, widths) for line in block), *_footer(entry), ""]
    return "\n".join(shown).rstrip()


def _joined(line: Sequence[str], widths: Sequence[int]) -> str:
    cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
    return _GAP.join(cells).rstrip()


def _above(widths: Sequence[int]) -> str:
    """The line over the header, whose words stand over more than one column."""
    written = ""
    for column, word in _GROUPS.items():
        start = sum(widths[:column]) + len(_GAP) * column
        written = written.ljust(start) + word
    return written


def _cells(entry: Entry) -> list[tuple[str, ...]]:
    row = entry.row
    deployed = "-" if row.accuracy is None else f"{row.accuracy:.2%}"
    cores = "-" if row.cores is None else f"{row.cores:,}"
    lines = []
    for end in ("nominal", "low", "high"):
        joules = (_end(band, end, "J") for band in (row.dynamic_j, row.static_j, row.total_j))
        first = end == "nominal"
        named = (row.name, row.platform, f"{entry.accuracy:.2%}", deployed) if first else ("",) * 4
        lines.append((*named, end, *joules, _end(row.seconds, end, "s"), cores if first else ""))
    return lines


def _end(band: Band | None, end: str, unit: str) -> str:
    return "unpriced" if band is None else engineering(getattr(band, end), unit)


def _footer(entry: Entry) -> list[str]:
    row = entry.row
    lines = [f"  includes: {row.includes}", f"  weakest origin among its constants: {row.basis}"]
    if row.unpriced:
        lines.append(f"  no price for: {', '.join(row.unpriced)}")
    return [*lines, *(f"  note: {note}" for note in entry.notes)]


def _document(found: Contest, figure: Path) -> dict[str, object]:
    return {
        "seed": found.seed,
        "profile": PROFILE,
        "samples": {"train": found.samples[0], "test": found.samples[1]},
        "rows": [entry.as_dict() for entry in found.entries],
        "figure": str(figure),
    }


@contextmanager
def _bar() -> Iterator[Stage]:
    """A progress bar on a terminal, nothing in a pipe."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    silent = not console.is_terminal
    with Progress(*columns, console=console, disable=silent, transient=True) as bar:
        task = bar.add_task("digits")

        def stage(name: str, done: int, total: int) -> None:
            bar.update(task, description=name, completed=done, total=total)

        yield stage


def _exit_code(error: YuragiError) -> int:
    """0 done, 1 a limit failed, 2 the request was wrong, 3 something is missing."""
    if isinstance(error, (CapacityError, UnsupportedError)):
        return 1
    return 3 if isinstance(error, DependencyError) else 2


if __name__ == "__main__":
    main()
