"""`yuragi conformance`: every case on every backend, against the reference."""

from __future__ import annotations

from collections.abc import Iterator

import click

from yuragi import hardware
from yuragi.backend import backend_names, find_backend
from yuragi.cli.group import LIMIT
from yuragi.cli.options import examples, json_option
from yuragi.cli.output import emit, table
from yuragi.cli.progress import progress_bar
from yuragi.conformance import CASES, CaseResult, offered_cases, run_case
from yuragi.errors import BackendError, DependencyError

__all__ = ["command"]

Found = dict[str, dict[str, CaseResult]]
_PROFILES = "ideal"


@click.command(
    "conformance",
    epilog=examples(
        "yuragi conformance",
        "yuragi conformance --backends chip,brian2 --profiles ideal,loihi2 --case lif",
        "yuragi conformance --models --backends chip,lava --profiles ideal,loihi2",
    ),
)
@click.option(
    "--backends", help="Backends, with commas between; all that can be loaded by default."
)
@click.option(
    "--profiles", default=_PROFILES, show_default=True,
    help="Profiles, with commas between: floats on ideal, a chip's integers on its own.",
)  # fmt: skip
@click.option("--models", is_flag=True, help="A small network of every family of models instead.")
@click.option("--case", "pattern", default="", help="Only cases whose name holds this text.")
@click.option("--markdown", is_flag=True, help="Print the table as Markdown, for a page.")
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    backends: str | None,
    profiles: str,
    models: bool,
    pattern: str,
    markdown: bool,
    as_json: bool,
) -> None:
    """Run small networks on every backend and compare each step with the reference.

    equal: bit for bit; within: to a named tolerance; unsupported: refused before the run, with the
    reason. The exit code is 1 where one differs.
    """
    known = offered_cases() if models else CASES
    cases = [case for case in known if pattern in case.name]
    if not cases:
        raise BackendError(f"no case holds {pattern!r}; there are {len(known)}")
    columns = list(_columns(_names(backends), _listed(profiles)))
    found: Found = {case.name: {} for case in cases}
    total = len(cases) * len(columns)
    with progress_bar("conformance") as progress:
        for done, (case, backend, profile) in enumerate(
            (case, *column) for column in columns for case in cases
        ):
            found[case.name][f"{backend} {profile}"] = run_case(case, backend, profile)
            if progress:
                progress(done + 1, total)
    emit(_data(found), _text(found, markdown=markdown), as_json=as_json)
    if any(result.outcome == "differs" for row in found.values() for result in row.values()):
        ctx.exit(LIMIT)


def _listed(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _names(given: str | None) -> list[str]:
    """The backends asked for; else all that can be loaded, but the reference itself."""
    if given is not None:
        return _listed(given)
    found = []
    for name in backend_names():
        try:
            find_backend(name)
        except DependencyError:
            continue
        if name != "reference":
            found.append(name)
    return found


def _columns(backends: list[str], profiles: list[str]) -> Iterator[tuple[str, str]]:
    """(backend, profile) for each profile of a kind that the backend compiles for."""
    kinds = {profile: hardware.load(profile).kind for profile in profiles}
    for backend in backends:
        for profile, kind in kinds.items():
            if kind in find_backend(backend).capabilities.profiles:
                yield backend, profile


def _data(found: Found) -> dict[str, object]:
    return {
        "cases": {
            case: {
                column: {"outcome": result.outcome, "reason": result.reason}
                for column, result in row.items()
            }
            for case, row in found.items()
        }
    }


def _text(found: Found, *, markdown: bool) -> str:
    """The table, and under it each reason with the cases that it holds for."""
    columns = list(next(iter(found.values())))
    rows = [["case", *columns]]
    rows += [[case, *(row[column].outcome for column in columns)] for case, row in found.items()]
    reasons: dict[str, list[str]] = {}
    for case, row in found.items():
        for column, result in row.items():
            if result.reason:
                reasons.setdefault(f"{result.outcome}: {result.reason}", []).append(
                    f"{case} ({column})"
                )
    lines = [f"{'; '.join(where)}: {reason}" for reason, where in reasons.items()]
    if not markdown:
        return "\n".join([table(rows), *([""] if lines else []), *lines])
    rows.insert(1, ["---"] * len(rows[0]))
    body = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([*body, *([""] if lines else []), *(f"- {line}" for line in lines)])
