"""The LIF network by hand in Lava: python lif_lava.py ARRAYS.npz STEPS; prints its spikes."""

from __future__ import annotations

import sys

import numpy as np
import scipy.sparse
from lava.magma.core.run_conditions import RunSteps
from lava.magma.core.run_configs import Loihi2SimCfg
from lava.proc.io.sink import RingBuffer
from lava.proc.lif.process import LIF
from lava.proc.sparse.process import Sparse


def main() -> None:
    steps = int(sys.argv[2])
    with np.load(sys.argv[1]) as arrays:
        size, fan_out = arrays["target"].shape
        pointer = np.arange(0, size * fan_out + 1, fan_out)
        columns = (arrays["weight"].reshape(-1), arrays["target"].reshape(-1), pointer)
        weights = scipy.sparse.csc_matrix(columns, shape=(size, size)).tocsr()
        cells = LIF(
            shape=(size,), v=arrays["v"], du=1.0, dv=1.0 - float(arrays["decay"]),
            bias_mant=arrays["bias"], vth=1.0,
        )  # fmt: skip
    synapses = Sparse(weights=weights)
    sink = RingBuffer(shape=(size,), buffer=steps)
    cells.s_out.connect(synapses.s_in)
    synapses.a_out.connect(cells.a_in)
    cells.s_out.connect(sink.a_in)
    cells.run(condition=RunSteps(num_steps=steps), run_cfg=Loihi2SimCfg(select_tag="floating_pt"))
    spikes = sink.data.get()
    cells.stop()
    print(int(spikes.sum()))


if __name__ == "__main__":
    main()
