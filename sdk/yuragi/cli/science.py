"""`yuragi science`: published numbers beside those that the models give."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import click

from yuragi import science
from yuragi.cli.group import LIMIT
from yuragi.cli.options import examples, json_option
from yuragi.cli.output import emit, table
from yuragi.cli.progress import progress_bar
from yuragi.science import Finding, Target, Value

__all__ = ["command"]


@click.command(
    "science",
    epilog=examples("yuragi science", "yuragi science hopfield MC-3", "yuragi science --short"),
)
@click.argument("names", nargs=-1, metavar="[ID|FAMILY]...")
@click.option("--short", is_flag=True, help="Smaller checks, with the rules that these allow.")
@click.option("--long", is_flag=True, help="Also the checks that take minutes each.")
@click.option("--list", "only_list", is_flag=True, help="The targets and their sources; no check.")
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    names: tuple[str, ...],
    short: bool,
    long: bool,
    only_list: bool,
    as_json: bool,
) -> None:
    """Reproduce published numbers: id, target, ours, verdict.

    holds, fails; reported: shown only, no rule judges it; not covered: no check yet; not run: it
    takes minutes, name it or say --long; missing: the check needs something that is not installed.
    The exit code is 1 where one fails.
    """
    targets = science.chosen(names)
    checks = science.checks()
    if only_list:
        rows = [_listed(target, covered=target.id in checks) for target in targets]
        emit({"targets": rows}, _list_text(targets), as_json=as_json)
        return
    found: list[Finding] = []
    with progress_bar("science") as progress:
        for done, target in enumerate(targets):
            if target.long and not (short or long or target.id in names):
                found.append(Finding(target=target, ours=(), verdict="not run"))
            else:
                found.append(science.examine(target, checks.get(target.id), short=short))
            if progress:
                progress(done + 1, len(targets))
    emit({"short": short, "rows": [_data(f) for f in found]}, _text(found, short), as_json=as_json)
    if any(finding.verdict == "fails" for finding in found):
        ctx.exit(LIMIT)


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


def _text(found: Sequence[Finding], short: bool) -> str:
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
    return "\n".join([table(rows), "", *messages, f"{len(found)} targets: {summary}"])


def _list_text(targets: Sequence[Target]) -> str:
    lines = []
    for target in targets:
        lines.append(f"{target.id}  {target.model}: {target.quantity}")
        lines.append(f"    {_shown(target.values)}   ({_accept(target.accept)})")
        lines.append(f"    {target.source}")
    return "\n".join(lines)
