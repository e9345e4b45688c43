"""Options that several commands share."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from yuragi.quantity import UnitError, quantity

__all__ = [
    "MODEL",
    "backend_option",
    "chosen",
    "dt_option",
    "examples",
    "force_option",
    "json_option",
    "pass_options",
    "profile_option",
    "seconds",
    "seed_option",
    "steps_option",
    "threads_option",
    "trials_option",
]

MODEL = click.Path(exists=True, path_type=Path)


def seconds(text: str) -> float:
    """A time with its unit, "1 ms", in seconds; BadParameter where it is none."""
    try:
        found = quantity(text, "second")
    except UnitError as problem:
        raise click.BadParameter(str(problem)) from None
    if found <= 0:
        raise click.BadParameter(f"{text!r}: expected a time above 0")
    return found


def examples(*lines: str) -> str:
    """The end of a help text; the lines stay as they are."""
    return "\n".join(
        ("\b", "Example:" if len(lines) == 1 else "Examples:", *(f"  {line}" for line in lines))
    )


_COUNT = click.IntRange(min=1, max=2**31 - 1)

json_option = click.option(
    "--json", "as_json", is_flag=True, help="One JSON document on standard output, nothing else."
)
seed_option = click.option(
    "--seed",
    type=click.IntRange(0, 2**64 - 1),
    metavar="N",
    help="Seed of noise and of random weights without one of their own.",
)
backend_option = click.option("--backend", help="Backend, instead of the model's own.")
profile_option = click.option(
    "--profile", help="Chip (`yuragi profiles` lists them) or a profile's .yaml file."
)
_FORMAT = re.compile(r"([^=\s]+\.[^=\s.]+)=(-?\d{1,3})")


def _formats(
    context: click.Context, parameter: click.Parameter, given: tuple[str, ...]
) -> dict[str, int] | None:
    """{"cells.v": 12} from cells.v=12."""
    del context, parameter
    found: dict[str, int] = {}
    for text in given:
        match = _FORMAT.fullmatch(text)
        if match is None:
            raise click.BadParameter(f"{text!r}: expected NAME.VARIABLE=BITS")
        if match[1] in found:
            raise click.BadParameter(f"{match[1]} is given twice")
        found[match[1]] = int(match[2])
    return found or None


_PASSES = {
    "placement": click.option(
        "--placement",
        type=click.Choice(["hops", "busiest", "fewest"]),
        help="What placing makes small: hops of messages, time of the busiest core, or cores in "
        "use.",
    ),
    "multicast": click.option(
        "--multicast",
        is_flag=True,
        default=None,
        help="One packet for all cores that a message reaches, copied where its paths part.",
    ),
    "encode": click.option(
        "--encode",
        type=click.Choice(["graded", "sigma_delta", "rate"]),
        help="How units that send values send them: each value, its changes, or spikes at a rate; "
        "by default what the chip can.",
    ),
    "formats": click.option(
        "--format",
        "formats",
        multiple=True,
        callback=_formats,
        metavar="NAME.VARIABLE=BITS",
        help="Fraction bits of a variable, such as cells.v=12, instead of those from the "
        "calibration run; may be given again.",
    ),
    "segments": click.option(
        "--segments",
        type=click.IntRange(1, 2**16),
        metavar="N",
        help="Intervals of the tables for tanh, exp and the like, instead of the chip's; their "
        "width is a power of two, so that there may be up to twice as many.",
    ),
    "calibration_steps": click.option(
        "--calibration-steps",
        type=click.IntRange(1, 10**6),
        metavar="N",
        help="Steps of the run that ranges are read from; by default as long as the stimulus, up "
        "to 512, or 64 without one.",
    ),
    "max_units": click.option(
        "--max-units",
        type=click.IntRange(min=1),
        metavar="N",
        help="The most units of a population on one core.",
    ),
}
_Command = TypeVar("_Command", bound=Callable[..., Any])


def pass_options(command: _Command) -> _Command:
    """The options of the passes; the command takes them as further keywords."""
    for option in reversed(_PASSES.values()):
        command = option(command)
    return command


def chosen(passes: Mapping[str, Any]) -> dict[str, Any]:
    """The options of the passes that were given."""
    return {name: value for name, value in passes.items() if value is not None}


steps_option = click.option(
    "--steps",
    type=_COUNT,
    metavar="N",
    help="Steps; by default the model's, or as long as its stimulus.",
)
trials_option = click.option("--trials", type=_COUNT, metavar="N", help="Trials side by side.")
dt_option = click.option(
    "--dt", type=seconds, metavar="TIME", help='What a step stands for, such as "1 ms".'
)
threads_option = click.option(
    "--threads", type=_COUNT, metavar="N", help="Threads; the result is the same."
)
force_option = click.option(
    "--force", is_flag=True, help="Write over what an earlier command wrote there."
)
