"""`yuragi lava`: sets up the environment that Lava needs, and says whether it is there."""

from __future__ import annotations

from typing import Any

import click

from yuragi.cli.options import examples, json_option
from yuragi.cli.output import emit
from yuragi_lava.environment import Environment, folder, required
from yuragi_lava.setup import setup as make

__all__ = ["command"]


@click.group("lava", epilog=examples("yuragi lava setup", "yuragi lava status"))
def command() -> None:
    """Lava 0.10 runs under Python 3.10 only: in an environment of its own, made once."""


@command.command(
    "setup", epilog=examples("yuragi lava setup", "yuragi lava setup --python python3.10")
)
@click.option("--python", "told", help="The Python 3.10 to use; else YURAGI_LAVA_PYTHON, else one "
              "that is found on PATH, of pyenv or of uv.")  # fmt: skip
@click.option("--anew", is_flag=True, help="Make it again where it is there.")
@json_option
def setup(told: str | None, anew: bool, as_json: bool) -> None:
    """Make the environment in the cache folder and run a network in it.

    It takes a minute or two and 300 MB. Without it, only Lava is missing.
    """
    found = make(told, anew=anew, report=lambda text: click.echo(f"{text} ...", err=True))
    _show(found, as_json)


@command.command("status", epilog=examples("yuragi lava status"))
@json_option
def status(as_json: bool) -> None:
    """Say where the environment is and what is in it; exit code 3 where there is none."""
    _show(required(), as_json)


def _show(found: Environment, as_json: bool) -> None:
    data: dict[str, Any] = {
        "folder": str(folder()),
        "python": str(found.python),
        "versions": found.versions,
        "verified": found.verified,
    }
    listed = ", ".join(f"{name} {version}" for name, version in found.versions.items())
    text = f"Lava is ready: {listed}\n  {folder()}\n  a network ran in it on {found.verified}"
    emit(data, text, as_json=as_json)
