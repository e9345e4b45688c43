"""When every packet of a step leaves, arrives and is done with, on a mesh that can be crowded."""

from __future__ import annotations

import heapq
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yuragi.errors import RunError
from yuragi.passes.placing.compiled import compiled, making
from yuragi.placement import Layout
from yuragi.recording import Messages

__all__ = ["scheduled"]

Array = NDArray[Any]


def scheduled(
    messages: Messages, layout: Layout, seconds: dict[str, float], link_buffer: int
) -> Array:
    """How long the packets of each step take, from its begin.  shape (trials, steps)

    A core sends its packets in turn, each after the work that led to it, and serves those that
    reach it in turn, one for messages_in + events t_synapse. A packet loads the way out of its
    core and each link that it crosses with 1/(hops + 2) until its core begins to serve it. With
    L, the load of its own h + 1 links as it leaves, and r, the mean service of the packets on
    their way, a packet

        waits     max(0, L - buffer (h + 1)) r           before it leaves
        flies     max(hops' latency, L / (h + 1) r)

    Packets leave in the order of their times. Source: the `detailed` timing of SANA-FE 2.2.9, as
    its traces of messages show it; Boyle et al., IEEE TCAD 44(8) (2025) 3165.

    seconds: the latency of each count.      link_buffer: packets that a link holds.
    Raises RunError where one packet serves several cores.
    """
    if layout.multicast:
        raise RunError("the detailed time is of packets with one destination, not of multicast")
    cost = {name: seconds.get(name, 0.0) for name in _NAMES}
    wait = (
        messages.active * cost["active_updates"]
        + messages.inactive * cost["inactive_updates"]
        + messages.spikes * cost["spikes"]
        + (messages.target >= 0) * cost["messages"]
    )
    serve = cost["messages_in"] + messages.synaptic_events * cost["synaptic_events"]
    x, y = layout.mesh.place(np.asarray(layout.used, dtype=np.int64))
    size = int(x.max()) + 1, layout.mesh.height
    flat = np.empty(len(messages.first) - 1)
    for k, (start, stop) in enumerate(zip(messages.first[:-1], messages.first[1:], strict=True)):
        part = slice(int(start), int(stop))
        flat[k] = _last(
            messages.source[part], messages.target[part], wait[part], serve[part], x, y,
            np.zeros((5, *size)), np.zeros(len(x)), cost["hops_x"], cost["hops_y"],
            float(link_buffer),
        )  # fmt: skip
    return flat.reshape(messages.trials, -1)


_NAMES = (
    "active_updates",
    "inactive_updates",
    "spikes",
    "messages",
    "messages_in",
    "synaptic_events",
    "hops_x",
    "hops_y",
)


@compiled
def _load(
    x: Any, y: Any, from_: int, to: int, links: Any, out: Any, added: float
) -> tuple[float, int]:
    """The load of a packet's links, x first, and how many hops they are; `added` goes on each."""
    total, hops = out[from_], 0
    out[from_] += added
    column, row = x[from_], y[from_]
    while column != x[to]:
        east = x[to] > column
        side = 0 if east else 1
        total += links[side, column, row]
        links[side, column, row] += added
        column += 1 if east else -1
        hops += 1
    while row != y[to]:
        north = y[to] > row
        side = 2 if north else 3
        total += links[side, column, row]
        links[side, column, row] += added
        row += 1 if north else -1
        hops += 1
    return total, hops


@making
def _last(
    source: Any,
    target: Any,
    wait: Any,
    serve: Any,
    x: Any,
    y: Any,
    links: Any,
    out: Any,
    hop_x: float,
    hop_y: float,
    buffer: float,
) -> float:
    """The time at which the last packet of a step is served and the last core has sent."""
    cores = len(x)
    served = np.zeros(cores)
    ready = [(0.0, 0) for _ in range(0)]
    for k in range(len(source)):
        if k == 0 or source[k] != source[k - 1]:
            heapq.heappush(ready, (wait[k], k))
    flying = [(0.0, 0, 0.0) for _ in range(0)]
    load, last = 0.0, 0.0
    while ready:
        time, k = heapq.heappop(ready)
        while flying and flying[0][0] <= time:
            _, gone, share = heapq.heappop(flying)
            _load(x, y, source[gone], target[gone], links, out, -share)
            load -= serve[gone]
        if target[k] >= 0:
            total, hops = _load(x, y, source[k], target[k], links, out, 0.0)
            mean = load / len(flying) if flying else 0.0
            flight = abs(x[source[k]] - x[target[k]]) * hop_x
            flight += abs(y[source[k]] - y[target[k]]) * hop_y
            time += max(0.0, total - buffer * (hops + 1)) * mean
            arrival = max(time + max(flight, total / (hops + 1) * mean), served[target[k]])
            served[target[k]] = arrival + serve[k]
            last = max(last, served[target[k]])
            share = 1.0 / (hops + 2)
            _load(x, y, source[k], target[k], links, out, share)
            load += serve[k]
            heapq.heappush(flying, (arrival, k, share))
        last = max(last, time)
        if k + 1 < len(source) and source[k + 1] == source[k]:
            heapq.heappush(ready, (time + wait[k + 1], k + 1))
    return last
