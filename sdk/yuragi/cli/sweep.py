"""`yuragi sweep`: a grid of chips, sizes, precisions and activities."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from yuragi.cli.options import examples, force_option, json_option
from yuragi.cli.output import emit
from yuragi.cli.progress import progress_bar
from yuragi.folders import check_free, new_file
from yuragi.sweeping import Swept, sweep
from yuragi.sweeping.figure import sweep_figure

__all__ = ["command"]


@click.command(
    "sweep",
    epilog=examples(
        "yuragi sweep grid.yaml -o grid/",
        "yuragi sweep grid.yaml -o grid/ --scheduler tcp://127.0.0.1:8786",
        "yuragi sweep grid.yaml -o grid/ --figure grid.png --x activity --y total_j",
    ),
)
@click.argument("plan", type=click.Path(exists=True, path_type=Path), metavar="FILE")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder for the journal and the tables; what it holds of this sweep is kept.",
)
@click.option("--workers", type=click.IntRange(1, 4096), metavar="N", help="Processes.")
@click.option("--scheduler", metavar="ADDRESS", help="A Dask cluster instead of processes.")
@click.option(
    "--figure", type=click.Path(path_type=Path), metavar="FILE", help="Draw it: .png, .svg, .pdf."
)
@click.option("--x", default="size", show_default=True, help="Column along the figure.")
@click.option("--y", default="total_j", show_default=True, help="Column up the figure.")
@force_option
@json_option
def command(
    plan: Path,
    output: Path,
    workers: int | None,
    scheduler: str | None,
    figure: Path | None,
    x: str,
    y: str,
    force: bool,
    as_json: bool,
) -> None:
    """Make every row of FILE that is missing; stopped or killed, it goes on where it was.

    --force forgets the rows that are there.
    """
    if figure is not None and figure.suffix.lower() not in {".png", ".svg", ".pdf"}:
        raise click.UsageError(f"{figure}: expected a name that ends in .png, .svg or .pdf")
    if figure is not None:
        check_free(figure, replace=force, folder=False)
    with progress_bar(plan.stem) as progress:
        found = sweep(
            plan,
            output,
            workers=workers,
            scheduler=scheduler,
            restart=force,
            progress=progress,
        )
    if figure is not None:
        drawn = sweep_figure(found, x=x, y=y)
        with new_file(figure, replace=force) as beside:
            drawn.savefig(beside, format=figure.suffix[1:].lower())
    emit(_data(found), _text(found), as_json=as_json)


def _data(found: Swept) -> dict[str, object]:
    return {
        "rows": [dict(row) for row in found.rows],
        "kept": found.kept,
        "files": [str(path) for path in found.files],
    }


def _text(found: Swept) -> str:
    counts = Counter(row["status"] for row in found.rows)
    said = ", ".join(f"{count:,} {status}" for status, count in sorted(counts.items()))
    lines = [f"{len(found.rows):,} rows ({said}), {found.kept:,} of them from before"]
    reasons = Counter(row["reason"] for row in found.rows if row["status"] == "refused")
    lines += [f"  refused {count:,}: {reason}" for reason, count in reasons.most_common(5)]
    return "\n".join([*lines, *(f"written to {path}" for path in found.files)])
