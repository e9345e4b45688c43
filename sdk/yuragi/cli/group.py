"""A click group that loads its commands late and ends with stable exit codes."""

from __future__ import annotations

import difflib
import importlib
import json
import sys
import traceback
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import click
from click.shell_completion import CompletionItem

from yuragi.errors import CapacityError, DependencyError, UnsupportedError, YuragiError

__all__ = ["BROKEN", "INTERRUPTED", "LIMIT", "MISSING", "WRONG", "LazyGroup"]

LIMIT = 1
WRONG = 2
MISSING = 3
BROKEN = 4
INTERRUPTED = 130

_CODES: tuple[tuple[type[BaseException], int], ...] = (
    (CapacityError, LIMIT),
    (UnsupportedError, LIMIT),
    (DependencyError, MISSING),
    (YuragiError, WRONG),
    (OSError, WRONG),
    (MemoryError, WRONG),
)


class LazyGroup(click.Group):
    """Commands by name from a table: (module, help); a module is imported when it is used.

    Each module has its click command as `command`.
    """

    def __init__(
        self, *args: Any, table: Mapping[str, tuple[str, str]], package: str, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._table = table
        self._package = package

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of the table."""
        del ctx
        return list(self._table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported now; None where there is none."""
        del ctx
        if cmd_name not in self._table:
            return None
        module = importlib.import_module(f"{self._package}.{self._table[cmd_name][0]}")
        found: click.Command = module.command
        _take_seed(found)
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command to run; UsageError with the nearest name."""
        if args and args[0] not in self._table and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], self._table, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(self._table)}"
            ctx.fail(f"no command {args[0]!r}; {hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands with their help, none of them imported."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in self._table.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Commands that begin so, none of them imported."""
        items = [
            CompletionItem(name, help=text)
            for name, (_, text) in self._table.items()
            if name.startswith(incomplete)
        ]
        return [*items, *click.Command.shell_complete(self, ctx, incomplete)]

    def main(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Run and exit: 0, 1, 2, 3 or 130, and for what went wrong a message, no traceback.

        An error that nothing foresaw is a mistake of ours: 4, with a traceback to report.
        """
        given = args[0] if args else kwargs.get("args")
        words: Sequence[str] = sys.argv[1:] if given is None else given
        try:
            result = super().main(*args, **{**kwargs, "standalone_mode": False})
        except click.Abort:
            _complain(words, "Interrupted", "interrupted; nothing was left behind", INTERRUPTED)
        except click.ClickException as problem:
            _complain_usage(words, problem)
        except tuple(kind for kind, _ in _CODES) as problem:
            code = next(code for kind, code in _CODES if isinstance(problem, kind))
            _complain(words, type(problem).__name__, _message(problem), code)
        except Exception as problem:  # noqa: BLE001 - the last place where it can be told apart
            _complain(words, type(problem).__name__, _unforeseen(problem, words), BROKEN)
        sys.exit(result if isinstance(result, int) else 0)


def _take_seed(command: click.Command) -> None:
    """Let a script give --seed to every command, also where nothing is drawn from it."""
    if isinstance(command, click.Group):
        for part in command.commands.values():
            _take_seed(part)
    if all(parameter.name != "seed" for parameter in command.params):
        command.params.append(
            click.Option(
                ["--seed"],
                type=click.IntRange(0, 2**64 - 1),
                metavar="N",
                expose_value=False,
                help="Taken by every command; this one draws nothing from it.",
            )
        )


def _message(problem: BaseException) -> str:
    if isinstance(problem, MemoryError):
        return "not enough memory"
    if isinstance(problem, OSError) and not isinstance(problem, YuragiError):
        place = f"{problem.filename}: " if problem.filename else ""
        return f"{place}{problem.strerror or problem}"
    return str(problem)


def _unforeseen(problem: Exception, words: Sequence[str]) -> str:
    told = f"{problem} (a mistake in yuragi, not in what it was given; please report it)"
    return told if "--json" in words else f"{traceback.format_exc()}{told}"


def _complain(words: Sequence[str], kind: str, message: str, code: int) -> NoReturn:
    if "--json" in words:
        error = {"error": {"kind": kind, "message": message, "exit_code": code}}
        click.echo(json.dumps(error), err=True)
    else:
        click.echo(f"yuragi: {message}", err=True)
    sys.exit(code)


def _complain_usage(words: Sequence[str], problem: click.ClickException) -> NoReturn:
    if "--json" not in words:
        problem.show()
        sys.exit(WRONG)
    _complain(words, type(problem).__name__, problem.format_message(), WRONG)
