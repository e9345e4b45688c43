"""The LIF network in Brian2; the fourth argument is `standalone` (C++) or `cython`."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from protocol import clock, serve

EQUATIONS = """
dv/dt = (v_inf - v)/tau : 1
v_inf : 1 (constant)
"""


def prepare(arrays: Mapping[str, Any], steps: int, folder: Path) -> Any:
    import brian2 as b2
    import numpy as np

    standalone = sys.argv[4] == "standalone"
    b2.prefs.codegen.runtime.cython.cache_dir = str(folder / "brian2-cache")
    b2.prefs.devices.cpp_standalone.openmp_threads = 0
    if standalone:
        b2.set_device("cpp_standalone", build_on_run=False)
    else:
        b2.prefs.codegen.target = "cython"
    b2.defaultclock.dt = 1 * b2.ms
    size, fan_out = arrays["target"].shape
    decay = float(arrays["decay"])
    cells = b2.NeuronGroup(
        size, EQUATIONS, threshold="v > 1", reset="v = 0", method="exact",
        namespace={"tau": -1 * b2.ms / np.log(decay)},
    )  # fmt: skip
    cells.v = arrays["v"]
    cells.v_inf = arrays["bias"] / (1 - decay)
    synapses = b2.Synapses(cells, cells, "w : 1 (constant)", on_pre="v_post += w")
    synapses.connect(i=np.repeat(np.arange(size), fan_out), j=arrays["target"].reshape(-1))
    synapses.w = arrays["weight"].reshape(-1) / decay
    monitor = b2.SpikeMonitor(cells, record=False)
    net = b2.Network(cells, synapses, monitor)
    # Events join v after the reset, before the next decay: a delay of one step, at no cost.
    net.schedule = ["start", "groups", "thresholds", "resets", "synapses", "end"]
    first = _standalone if standalone else _cython
    run, facts = first(b2, net, monitor, steps, folder)

    def counted() -> Mapping[str, Any]:
        result = dict(run())
        return result | {"events": result["spikes"] * fan_out}

    return counted, {"version": b2.__version__, **facts}


def _standalone(b2: Any, net: Any, monitor: Any, steps: int, folder: Path) -> Any:
    net.run(steps * b2.ms)
    began = time.perf_counter()
    build = folder / "brian2-build"
    b2.device.build(directory=str(build), run=False)
    compile_s = time.perf_counter() - began

    def run() -> Mapping[str, Any]:
        b2.device.run(with_output=False)
        seconds = b2.device._last_run_time  # of the loop alone, by std::clock
        return {"seconds": seconds, "spikes": int(monitor.num_spikes), "peak_mb": peak}

    with subprocess.Popen([str(build / "main")], cwd=build, stdout=2) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6
    return run, {"compile_s": compile_s}


def _cython(b2: Any, net: Any, monitor: Any, steps: int, _folder: Path) -> Any:
    net.store()
    began = time.perf_counter()
    net.run(2 * b2.ms)
    compile_s = time.perf_counter() - began

    def run() -> Mapping[str, Any]:
        net.restore()
        net.run(0 * b2.ms)
        began = clock()
        net.run(steps * b2.ms)
        return {"seconds": clock() - began, "spikes": int(monitor.num_spikes)}

    return run, {"compile_s": compile_s}


if __name__ == "__main__":
    serve(prepare)
