"""What a command prints: one JSON document, or plain text."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence

import click

__all__ = ["emit", "table"]


def emit(data: object, text: str, *, as_json: bool) -> None:
    """Print `data` as JSON where that was asked for, else `text`."""
    click.echo(json.dumps(_plain(data), indent=2, allow_nan=False) if as_json else text)


def _plain(value: object) -> object:
    """Without numbers that JSON does not have: nan and infinity become null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows in columns, the first row above a line.

    >>> print(table([["name", "size"], ["cells", "100"]]))
    name   size
    -----------
    cells  100
    """
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    lines.insert(1, "-" * max(map(len, lines)))
    return "\n".join(lines)
