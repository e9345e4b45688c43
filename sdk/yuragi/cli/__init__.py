"""The command line: one module a command, loaded when the command is used."""

from __future__ import annotations

import click

import yuragi
from yuragi.cli.group import LazyGroup

__all__ = ["cli", "main"]

# command -> (module of this package, what `yuragi --help` says of it)
_COMMANDS = {
    "run": ("run", "Run a model; save spikes, traces and counts."),
    "compile": ("compile", "Compile a model into a program folder."),
    "energy": ("energy", "The joules and seconds of a run."),
    "report": ("report", "All that a claim about energy must say, with break-even lines."),
    "estimate": ("estimate", "Chips, watts and joules from rates alone, without running."),
    "compare": ("compare", "A model on several chips, beside digital baselines."),
    "baseline": ("baseline", "What a digital network computes, and costs on digital machines."),
    "budget": ("budget", "Which chips fit a budget of watts and seconds, and how much more fits."),
    "measure": ("measure", "The joules of a command on this machine, by its meters."),
    "sweep": ("sweep", "A grid of chips, sizes, precisions and activities."),
    "check": ("check", "Every limit of a chip that a model breaks, with a repair."),
    "diff": ("diff", "Where two runs, dialects or backends first differ, and why."),
    "plot": ("plot", "Draw a run: raster, traces or energy."),
    "profiles": ("profiles", "The chips, and where each number comes from."),
    "conformance": ("conformance", "Every case on every backend, against the reference."),
    "import": ("importing", "Read a NIR file, and say what it leaves open."),
    "export": ("export", "Write a model for another simulator, such as Brian2."),
    "lava": ("lava", "The environment that Lava needs: set up, status."),
    "models": ("models", "The unit models, with their equations."),
    "science": ("science", "Published numbers beside those that the models give."),
    "validate": ("validate", "Published power and energy beside what the profiles give."),
    "schema": ("schema", "The JSON Schema of a model file."),
    "completion": ("completion", "A completion script for bash, zsh or fish."),
}


@click.group(
    cls=LazyGroup,
    table=_COMMANDS,
    package="yuragi.cli",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done, 1 a limit or check failed, 2 the request or a file is wrong, "
    "3 something needed is missing, 4 a mistake in yuragi itself, 130 interrupted.",
)
@click.version_option(yuragi.__version__, prog_name="yuragi")
def cli() -> None:
    """Describe a neural network once; run it as floats, as a chip's integers, as joules.

    Example:  yuragi run digits.yaml --profile loihi2 -o digits-run/
    """


def main() -> None:
    """The entry point of the `yuragi` command."""
    cli.main(prog_name="yuragi")
