"""`yuragi validate`: published power and energy beside what the profiles give."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Sequence

import click

from yuragi import validation
from yuragi.cli.group import LIMIT
from yuragi.cli.options import examples, json_option
from yuragi.cli.output import emit, table
from yuragi.units import engineering
from yuragi.validation import Finding

__all__ = ["command"]

_FEW = 3


@click.command(
    "validate",
    epilog=examples(
        "yuragi validate", "yuragi validate truenorth odin", "yuragi validate sanafe-dvs --bills"
    ),
)
@click.argument("names", nargs=-1, metavar="[ID|GROUP]...")
@click.option("--bills", is_flag=True, help="Each of our figures as counts times constants.")
@json_option
@click.pass_context
def command(ctx: click.Context, names: tuple[str, ...], bills: bool, as_json: bool) -> None:
    """Reproduce published power and energy: id, published, ours, verdict.

    A model that is known to be wrong, an all-in price taken for a marginal one, must miss. Roles
    say where the constants come from: anchored ones from that very point. The exit code is 1
    where one fails.
    """
    found = validation.validate(names)
    data = {"rows": [finding.as_dict() for finding in found]}
    emit(data, _text(found, bills=bills), as_json=as_json)
    if not all(finding.holds for finding in found):
        ctx.exit(LIMIT)


def _text(found: Sequence[Finding], *, bills: bool) -> str:
    rows = [["id", "published", "ours", "error", "accepted", "role", "verdict"]]
    rows += [_row(finding) for finding in found]
    counts = Counter(finding.verdict for finding in found)
    summary = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))
    lines = [table(rows), ""]
    if bills or len(found) <= _FEW:
        lines += [line for finding in found for line in _about(finding, bills=bills)]
    return "\n".join([*lines, f"{len(found)} points: {summary}"])


def _row(finding: Finding) -> list[str]:
    point, error = finding.point, finding.error
    published = engineering(point.published, point.unit) if point.unit else f"{point.published:.4g}"
    return [
        point.id,
        published,
        finding.answer.text(point.unit),
        "-" if error is None else f"{100 * error:+.2f} %",
        str(point.rule),
        point.role,
        finding.verdict,
    ]


def _about(finding: Finding, *, bills: bool) -> list[str]:
    point = finding.point
    lines = [f"{point.id}: {point.title}"]
    for label, text in (("given", point.given), ("source", point.source)):
        lines += textwrap.wrap(
            f"{label}: {text}", width=98, initial_indent="  ", subsequent_indent="    "
        )
    report = finding.answer.report
    if bills and report is not None:
        lines += ["", *_bill(finding)]
    return [*lines, ""]


def _bill(finding: Finding) -> list[str]:
    """Counts times constants, with the source of each."""
    report = finding.answer.report
    if report is None:
        return []
    profile = report.profile
    rows = [["term", "count", "constant", "joules", "basis", "source"]]
    for term in (*report.terms, *report.standing):
        unit = {"joule": "J", "watt": "W"}[term.constant.unit]
        rows.append(
            [
                term.name,
                f"{term.count.nominal:.6g}",
                engineering(term.constant.value, unit),
                term.joules.text("J"),
                term.basis,
                profile.sources[term.source][:60],
            ]
        )
    return [f"  {line}" for line in table(rows).splitlines()] if len(rows) > 1 else []
