"""Rows on a Dask cluster that is there already."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

from yuragi.errors import DependencyError, RunError
from yuragi.sweeping.plan import Plan, Point, read_plan
from yuragi.sweeping.row import evaluate

__all__ = ["cluster_rows"]

_WAIT_S = 20


def cluster_rows(
    path: Path, digest: str, indices: list[int], address: str
) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows of the points, as the cluster makes them.

    Its workers need yuragi, and must see the sweep file under the same path.
    Errors: DependencyError without Dask, RunError where no scheduler answers at the address, or
    a worker sees other files.
    """
    try:
        dask: Any = import_module("distributed")  # an extra
    except ImportError as problem:
        raise DependencyError(
            f"--scheduler needs Dask: pip install 'yuragi[dask]' ({problem})"
        ) from problem
    try:
        client = dask.Client(address, timeout=_WAIT_S)
    except (OSError, ValueError) as problem:
        raise RunError(f"no Dask scheduler answers at {address}: {problem}") from problem
    with client:
        jobs = client.map(
            _made, [str(path)] * len(indices), [digest] * len(indices), indices, pure=False
        )
        try:
            for job in dask.as_completed(jobs):
                yield job.result()
        finally:
            client.cancel(jobs)


def _made(path: str, digest: str, index: int) -> tuple[int, dict[str, Any]]:
    plan, points = _read(path, digest)
    if plan.digest != digest:
        raise RunError(f"a worker sees other files at {path} than the sweep began with")
    return index, evaluate(plan, points[index])


@lru_cache(maxsize=1)
def _read(path: str, digest: str) -> tuple[Plan, dict[int, Point]]:
    del digest
    plan = read_plan(path)
    return plan, {point.index: point for point in plan.points()}
