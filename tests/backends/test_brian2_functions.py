"""Brian2's functions are the language's own, on arrays and in C++."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yuragi import noise
from yuragi.backend import compile as compile_network
from yuragi.dynamics import Dynamics
from yuragi.equations import functions as language
from yuragi.equations.functions import FUNCTIONS
from yuragi.network import Network

pytest.importorskip("yuragi_brian2", reason="Brian2 is not installed", exc_type=ImportError)

WORDS = st.integers(-(2**40), 2**40)
INTEGERS = {
    "abs": (WORDS,),
    "clip": (WORDS, WORDS, WORDS),
    "decay": (st.integers(-(2**30), 2**30), st.integers(0, 4096)),
    "max": (WORDS, WORDS),
    "min": (WORDS, WORDS),
    "relu": (WORDS,),
    "saturate": (WORDS, st.integers(2, 40)),
    "shift": (WORDS, st.integers(-40, 20)),
    "shiftdown": (WORDS, st.integers(0, 60)),
    "sign": (WORDS,),
    "wrap": (WORDS, st.integers(2, 40)),
}
TABLE = (-37, 3, 5, -11, 400, 2**33, -7)


@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - {"add", "sub", "mul", "neg"}))
def test_a_numpy_function_is_the_languages_own(name: str) -> None:
    from yuragi_brian2 import numpy_functions
    from yuragi_brian2.functions import CPP

    if FUNCTIONS[name].internal:
        assert name not in CPP
        return
    rows = np.random.default_rng(1).normal(0, 3, size=(FUNCTIONS[name].arity, 200))
    rows[:, :6] = [0.0, -0.0, np.inf, -np.inf, np.nan, 800.0]
    rows[0] = rows[0] > 0 if name in ("and", "or", "not", "where") else rows[0]
    with np.errstate(all="ignore"):
        wanted = FUNCTIONS[name].numpy(*rows)
        found = getattr(numpy_functions, f"{name}_f")(*rows)

    assert np.array_equal(np.asarray(wanted, float), np.asarray(found, float), equal_nan=True)


def test_a_draw_is_the_one_of_the_noise_module() -> None:
    from yuragi_brian2.numpy_functions import uniform_f

    words = noise.key(2**63 + 5, "cells")
    wanted = noise.uniform(words, step=2**32 + 7, trials=3, size=4, draw=2)
    unit, trial = np.tile(np.arange(4), 3), np.repeat(np.arange(3), 4)

    found = uniform_f(float(words[0]), float(words[1]), unit, float(2**32 + 7), trial, 2.0)
    assert np.array_equal(found, wanted.reshape(-1))


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Every integer function and a table in one C library."""
    from yuragi_brian2.functions import cpp_source
    from yuragi_brian2.stored import table_cpp

    if not (found := shutil.which("g++")):
        pytest.skip("no C++ compiler")
    folder: Path = tmp_path_factory.mktemp("integers")
    lines = ["#include <cmath>", "#include <stdint.h>"]
    lines += [cpp_source(f"{name}_w") for name in INTEGERS]
    lines.append(table_cpp("table_t", TABLE))
    for name, kinds in (*INTEGERS.items(), ("table", (WORDS,))):
        arguments = ", ".join(f"int64_t a{k}" for k in range(len(kinds)))
        inner = "table_t" if name == "table" else f"{name}_w"
        called = ", ".join(f"a{k}" for k in range(len(kinds)))
        lines.append(f'extern "C" int64_t out_{name}({arguments}) {{ return {inner}({called}); }}')
    (folder / "all.cpp").write_text("\n".join(lines))
    command = [found, "-O3", "-std=c++11", "-shared", "-fPIC", "all.cpp", "-o", "all.so"]
    subprocess.run(command, cwd=folder, check=True)
    return ctypes.CDLL(str(folder / "all.so"))


@pytest.mark.parametrize("name", INTEGERS)
def test_an_integer_function_is_the_languages_own(name: str, compiled: Any) -> None:
    from yuragi_brian2 import numpy_integers

    outside = compiled[f"out_{name}"]
    outside.restype = ctypes.c_int64
    outside.argtypes = [ctypes.c_int64] * len(INTEGERS[name])

    @settings(max_examples=60, deadline=None)
    @given(st.tuples(*INTEGERS[name]))
    def check(values: tuple[int, ...]) -> None:
        arrays = [np.array([v], dtype=np.int64) for v in values]
        wanted = int(FUNCTIONS[name].numpy(*arrays)[0])
        assert int(getattr(numpy_integers, f"{name}_w")(*arrays)[0]) == wanted
        assert outside(*values) == wanted

    check()


def test_a_table_is_read_as_the_language_reads_it(compiled: Any) -> None:
    from yuragi_brian2.stored import table_numpy

    places = np.arange(-60, 30)
    wanted = language.lookup(np.array(TABLE), places)
    compiled.out_table.restype = ctypes.c_int64
    compiled.out_table.argtypes = [ctypes.c_int64]

    assert np.array_equal(table_numpy(TABLE, places), wanted)
    assert [compiled.out_table(int(x)) for x in places] == wanted.tolist()


def test_two_conditions_make_a_threshold_in_integers_too() -> None:
    unit = Dynamics(
        name="unit",
        equations="v(t+1) = 0.5*v + i\nseen(t+1) = heaviside(v - 1)",
        ports=("i",),
        threshold="not (v <= 1 or seen > 0.5) and v > 0.5",
    )
    net = Network()
    net.population("cells", 3, unit)
    net.stimulate("cells", np.arange(60.0).reshape(20, 3) % 7 / 4, port="i")
    net.probe("cells", "spikes")
    runs = [
        compile_network(net, backend=name, profile="loihi2").run()
        for name in ("reference", "brian2_numpy")
    ]
    wanted, found = (run.spikes("cells") for run in runs)

    assert wanted.any()
    assert np.array_equal(wanted, found)
