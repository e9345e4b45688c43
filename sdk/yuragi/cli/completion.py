"""`yuragi completion`: a script that completes commands in a shell."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from yuragi.cli.options import examples, json_option
from yuragi.cli.output import emit

__all__ = ["command"]


@click.command("completion", epilog=examples("yuragi completion bash >> ~/.bashrc"))
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@json_option
@click.pass_context
def command(ctx: click.Context, shell: str, as_json: bool) -> None:
    """Print a completion script for SHELL: bash, zsh or fish."""
    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"no completion for {shell}")
    script = kind(ctx.find_root().command, {}, "yuragi", "_YURAGI_COMPLETE").source()
    emit({"shell": shell, "script": script}, script, as_json=as_json)
