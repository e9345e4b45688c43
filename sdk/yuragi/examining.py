"""Runs the checks of many targets side by side, a process for each core."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import Connection

from yuragi import science
from yuragi.errors import RunError
from yuragi.science import Finding, Target

__all__ = ["cores", "examine_all"]


def cores() -> int:
    """The cores that this process may use."""
    allowed = getattr(os, "sched_getaffinity", None)
    return (os.cpu_count() or 1) if allowed is None else len(allowed(0))


def examine_all(
    targets: Sequence[Target], *, short: bool = False, jobs: int = 1
) -> Iterator[Finding]:
    """What is found for each target, as it is found; in this process where `jobs` is 1.

    Processes end with this one, however it ends, and where the rest is not asked for.
    Errors: RunError where a process ends before its work.
    """
    jobs = min(jobs, len(targets))
    if jobs > 1:
        yield from _side_by_side(targets, short=short, jobs=jobs)
    else:
        yield from (_examine(target, short) for target in targets)


def _side_by_side(targets: Sequence[Target], *, short: bool, jobs: int) -> Iterator[Finding]:
    context = multiprocessing.get_context("spawn")
    listening, speaking = context.Pipe(duplex=False)
    pool = ProcessPoolExecutor(jobs, context, _begin, (listening,))
    try:
        started: list[Future[Finding]] = [pool.submit(_examine, t, short) for t in targets]
        for found in as_completed(started):
            yield found.result()
    except BrokenProcessPool:
        raise RunError("a process that ran checks ended before its work") from None
    finally:
        speaking.close()
        pool.shutdown(cancel_futures=True)
        listening.close()


def _begin(parent: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interrupt means
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: Connection) -> None:
    """Leave once the other end is closed, by its process or by its death."""
    parent.poll(None)
    os._exit(0)


def _examine(target: Target, short: bool) -> Finding:
    return science.examine(target, science.checks(target.family).get(target.id), short=short)
