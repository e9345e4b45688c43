"""`yuragi science`: published numbers beside those that the models give."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence

import click

from yuragi import science
from yuragi.cli.group import INTERRUPTED, LIMIT
from yuragi.cli.options import examples, json_option
from yuragi.cli.output import emit, table
from yuragi.cli.progress import progress_bar
from yuragi.examining import cores, examine_all
from yuragi.science import Finding, Target, Value

__all__ = ["command"]


@click.command(
    "science",
    epilog=examples(
        "yuragi science",
        "yuragi science hopfield MC-3",
        "yuragi science --short --jobs 4",
        "yuragi science MC-7 --json > found.json",
    ),
)
@click.argument("names", nargs=-1, metavar="[ID|FAMILY]...")
@click.option("--short", is_flag=True, help="Smaller checks, with the rules that these allow.")
@click.option("--long", is_flag=True, help="Also the checks that take minutes each.")
@click.option("--list", "only_list", is_flag=True, help="The targets and their sources; no check.")
@click.option(
    "--jobs",
    type=click.IntRange(1, 4096),
    metavar="N",
    help="Checks side by side, by default as many as there are cores.",
)
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    names: tuple[str, ...],
    short: bool,
    long: bool,
    only_list: bool,
    jobs: int | None,
    as_json: bool,
) -> None:
    """Reproduce published numbers: id, target, ours, verdict.

    holds, fails; reported: shown only, no rule judges it; not covered: no check yet; not run: it
    takes minutes, name it or say --long; missing: the check needs something that is not installed.
    The exit code is 1 where one fails. Interrupted, it prints what was found so far.
    """
    targets = science.chosen(names)
    if only_list:
        checks = science.checks()
        rows = [_listed(target, covered=target.id in checks) for target in targets]
        emit({"targets": rows}, _list_text(targets), as_json=as_json)
        return
    run = [t for t in targets if short or long or not t.long or t.id in names]
    start = time.perf_counter()
    made, interrupted = _found(run, short=short, jobs=jobs or cores())
    found = [made.get(t.id, Finding(target=t, ours=(), verdict="not run")) for t in targets]
    seconds = time.perf_counter() - start
    emit(
        {
            "short": short,
            "interrupted": interrupted,
            "seconds": seconds,
            "rows": [_data(finding) for finding in found],
        },
        _text(found, short, seconds),
        as_json=as_json,
    )
    if interrupted:
        ctx.exit(INTERRUPTED)
    if any(finding.verdict == "fails" for finding in found):
        ctx.exit(LIMIT)


def _found(targets: Sequence[Target], *, short: bool, jobs: int) -> tuple[dict[str, Finding], bool]:
    """What was found, by id, and whether an interrupt came before the end."""
    made: dict[str, Finding] = {}
    try:
        with progress_bar("science") as progress:
            for finding in examine_all(targets, short=short, jobs=jobs):
                made[finding.target.id] = finding
                if progress:
                    progress(len(made), len(targets))
    except KeyboardInterrupt:
        return made, True
    return made, False


def _listed(target: Target, *, covered: bool) -> dict[str, object]:
    return {
        "id": target.id,
        "family": target.family,
        "model": target.model,
        "quantity": target.quantity,
        "target": list(target.values),
        "accept": [str(rule) for rule in target.accept],
        "parameters": dict(target.parameters),
        "source": target.source,
        "note": target.note,
        "covered": covered,
    }


def _data(finding: Finding) -> dict[str, object]:
    target = finding.target
    return {
        "id": target.id,
        "family": target.family,
        "quantity": target.quantity,
        "target": list(target.values),
        "ours": list(finding.ours),
        "verdict": finding.verdict,
        "seconds": finding.seconds,
        "message": finding.message,
    }


def _shown(values: Sequence[Value]) -> str:
    return ", ".join(f"{v + 0.0:.6g}" if isinstance(v, float) else str(v) for v in values) or "-"


def _accept(rules: Sequence[object]) -> str:
    texts = [str(rule) for rule in rules]
    return ", ".join(texts[:1] if len(set(texts)) == 1 else texts) or "-"


def _text(found: Sequence[Finding], short: bool, took: float) -> str:
    rows = [["id", "target", "accepted", "ours", "verdict", "time"]]
    for finding in found:
        target = finding.target
        accept = target.short_accept if short else target.accept
        seconds = f"{finding.seconds:.1f} s" if finding.ours else ""
        ours = _shown(finding.ours)
        rows.append(
            [target.id, _shown(target.values), _accept(accept), ours, finding.verdict, seconds]
        )
    counts = Counter(finding.verdict for finding in found)
    summary = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))
    messages = [f"{f.target.id}: {f.message}" for f in found if f.message]
    return "\n".join([table(rows), "", *messages, f"{len(found)} targets: {summary}; {took:.1f} s"])


def _list_text(targets: Sequence[Target]) -> str:
    lines = []
    for target in targets:
        lines.append(f"{target.id}  {target.model}: {target.quantity}")
        lines.append(f"    {_shown(target.values)}   ({_accept(target.accept)})")
        lines.append(f"    {target.source}")
    return "\n".join(lines)
