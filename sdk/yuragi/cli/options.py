"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path

import click

from yuragi.quantity import UnitError, quantity

__all__ = [
    "MODEL",
    "backend_option",
    "dialect_option",
    "dt_option",
    "examples",
    "force_option",
    "json_option",
    "multicast_option",
    "placement_option",
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
dialect_option = click.option(
    "--dialect",
    help="Reading of Loihi's compartment: loihi (default), lava, nengo_loihi or brian2_loihi.",
)
placement_option = click.option(
    "--placement",
    type=click.Choice(["hops", "busiest", "fewest"]),
    help="What placing makes small: hops of messages, time of the busiest core, or cores in use.",
)
multicast_option = click.option(
    "--multicast",
    is_flag=True,
    default=None,
    help="One packet for all cores that a message reaches, copied where its paths part.",
)
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
