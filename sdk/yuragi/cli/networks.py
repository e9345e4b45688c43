"""Digital networks as the command line names them: mlp:64-100-10 or a file.onnx."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import click

from yuragi.power import Workload, baseline

__all__ = ["network_of", "shape_of", "size_of"]

_MLP = re.compile(r"mlp:(\d{1,9}(?:-\d{1,9}){1,60})")
_TAIL = re.compile(r"(.*?)(?:@(\d(?:\.\d{1,9})?))?(?::(float64|float32|bfloat16|float16|int8))?")
_SIZE = re.compile(r"([^=]{1,200})=(\d{1,12})")
_SHAPE = re.compile(r"([^=]{1,200})=(\d{1,12}(?:x\d{1,12}){0,15})")


def network_of(
    text: str,
    *,
    batch: int = 1,
    sizes: Mapping[str, int] | None = None,
    inputs: Mapping[str, Sequence[int]] | None = None,
    ignore: Sequence[str] = (),
) -> Workload:
    """mlp:64-100-10 or network.onnx, each with @accuracy and :dtype if they matter.

    Errors: BadParameter where the text is neither, and those of `yuragi.baseline.from_onnx`.
    """
    found = _TAIL.fullmatch(text)
    name, share, dtype = found.groups() if found else (text, None, None)
    accuracy = None if share is None else float(share)
    mlp = _MLP.fullmatch(name)
    if mlp:
        units = [int(size) for size in mlp[1].split("-")]
        work = baseline.mlp(units, dtype=dtype or "float32", batch=batch)
    elif name.endswith(".onnx"):
        work = baseline.from_onnx(
            name, batch=batch, dtype=dtype, sizes=sizes or {}, inputs=inputs or {}, ignore=ignore
        )
    else:
        raise click.BadParameter(
            f"{text!r}: expected e.g. mlp:64-100-10, network.onnx or mlp:64-100-10@0.97:int8"
        )
    if accuracy is not None and accuracy > 1:
        raise click.BadParameter(f"{text!r}: an accuracy lies between 0 and 1")
    return replace(work, accuracy=accuracy)


def size_of(text: str) -> tuple[str, int]:
    """sequence=128; BadParameter where it is none."""
    found = _SIZE.fullmatch(text)
    if found is None:
        raise click.BadParameter(f"{text!r}: expected NAME=SIZE, e.g. sequence=128")
    return found[1], int(found[2])


def shape_of(text: str) -> tuple[str, tuple[int, ...]]:
    """image=1x3x224x224; BadParameter where it is none."""
    found = _SHAPE.fullmatch(text)
    if found is None:
        raise click.BadParameter(f"{text!r}: expected NAME=SHAPE, e.g. image=1x3x224x224")
    return found[1], tuple(int(size) for size in found[2].split("x"))
