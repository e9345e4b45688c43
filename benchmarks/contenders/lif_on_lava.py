"""The LIF network of yuragi on Lava: python lif_on_lava.py ARRAYS.npz STEPS; prints its spikes."""

from __future__ import annotations

import sys

import numpy as np
import scipy.sparse

import yuragi as yg


def main() -> None:
    with np.load(sys.argv[1]) as arrays:
        size, fan_out = arrays["target"].shape
        pointer = np.arange(0, size * fan_out + 1, fan_out)
        columns = (arrays["weight"].reshape(-1), arrays["target"].reshape(-1), pointer)
        net = yg.Network()
        net.population(
            "cells", size, "lif", initial={"v": arrays["v"]},
            parameters={"decay": float(arrays["decay"]), "bias": arrays["bias"], "v_th": 1.0},
        )  # fmt: skip
        weights = scipy.sparse.csc_array(columns, shape=(size, size)).tocsr()
        net.project("cells", "cells", weights=weights, port="i", delay=1)
    net.probe("cells", "spikes")
    found = yg.compile(net, backend="lava").run(steps=int(sys.argv[2]))
    print(int(found.spikes("cells").sum()))


if __name__ == "__main__":
    main()
