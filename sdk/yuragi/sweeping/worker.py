"""A process that makes rows: `python -m yuragi.sweeping.worker SWEEP.yaml`.

It reads indices of points from its standard input, a line each, and writes rows to its standard
output. When the input ends, because the sweep is over or because the process that started it is
gone, however it went, it ends at once.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading

from threadpoolctl import threadpool_limits

from yuragi.sweeping.plan import Point, read_plan
from yuragi.sweeping.row import evaluate

__all__ = ["main"]


def main() -> None:
    """Make rows until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interrupt means
    wanted: queue.SimpleQueue[int] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(wanted,), daemon=True).start()
    plan = read_plan(sys.argv[1])
    points: dict[int, Point] = {point.index: point for point in plan.points()}
    print(json.dumps({"digest": plan.digest}), flush=True)  # noqa: T201 - its protocol
    with threadpool_limits(limits=1):
        while True:
            row = evaluate(plan, points[wanted.get()])
            print(json.dumps(row, allow_nan=False), flush=True)  # noqa: T201


def _listen(wanted: queue.SimpleQueue[int]) -> None:
    for line in sys.stdin:
        wanted.put(int(line))
    os._exit(0)


if __name__ == "__main__":
    main()
