"""What a user may choose about integers and overflow, in Python and on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

import yuragi as yg
from yuragi.cli import cli
from yuragi.errors import RunError
from yuragi.network import Network

MODEL = """\
yuragi: 1
seed: 3
network:
  populations:
    cells:
      size: 8
      dynamics:
        equations: |
          v(t+1) = 0.5*v + tanh(i)
        ports: [i]
        output: v
    out:
      size: 2
      dynamics:
        equations: y = i
        ports: [i]
        output: y
  projections:
    - {from: cells, to: out, weights: {random: {inputs: 4, low: -1, high: 1}}}
  stimulus:
    - {to: cells, port: i, values: input.npy}
  probes: [cells.v, out.y]
run: {steps: 30, profile: loihi2}
"""


@pytest.fixture
def model(tmp_path: Path) -> str:
    path = tmp_path / "m.yaml"
    path.write_text(MODEL)
    np.save(tmp_path / "input.npy", np.random.default_rng(0).normal(size=(30, 8)))
    return str(path)


def invoke(*words: str) -> Result:
    return CliRunner().invoke(cli, list(words))


def log(model: str, *words: str) -> str:
    output = str(Path(model).parent / f"p{len(words)}")
    found = invoke("compile", model, *words, "-o", output, "--force")
    assert found.exit_code == 0, found.output
    return found.stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ("--format", "cells.v=9"),
            "cells.v: 24 bits in steps of 0.00195 (9 fraction bits by hand",
        ),
        (("--segments", "37"), "in a table of 38 segments"),
        (("--encode", "sigma_delta"), "cells: sigma_delta, error"),
        (("--encode", "rate"), "cells: rate, error"),
        (("--max-units", "3"), "cells: 8 units in 3 part(s)"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_the_command_line_chooses_what_the_passes_do(
    model: str, words: tuple[str, ...], told: str
) -> None:
    assert told in log(model, *words)
    assert told not in log(model)
    assert invoke("run", model, *words, "--json").exit_code == 0
    assert invoke("check", model, *words, "--json").exit_code == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--format", "cells.v"), "expected NAME.VARIABLE=BITS"),
        (("--format", "cells.v=9", "--format", "cells.v=8"), "cells.v is given twice"),
        (("--format", "cells.w=9"), "there are v"),
        (("--encode", "morse"), "sigma_delta"),
        (("--segments", "0"), "--segments"),
    ],
    ids=str,
)
def test_a_choice_that_means_nothing_is_refused(
    model: str, words: tuple[str, ...], told: str
) -> None:
    found = invoke("run", model, *words)
    assert found.exit_code == 2
    assert told in found.output


def test_a_compiled_program_is_not_quantised_anew(model: str, tmp_path: Path) -> None:
    assert invoke("compile", model, "-o", str(tmp_path / "p")).exit_code == 0
    found = invoke("run", str(tmp_path / "p"), "--format", "cells.v=9")
    assert found.exit_code == 2
    assert "--format" in found.output


OVERFLOWING = """\
yuragi: 1
network:
  inputs:
    in: {size: 1, spiking: true, values: SPIKES}
  populations:
    c:
      size: 2
      dynamics: loihi_cuba
      parameters: {delta_u: 0, delta_v: 0, v_th_mant: 131071}
  projections:
    - {from: in, to: c, weights: [[-2], [-200]], exponent: 7}
run: {steps: 40, profile: loihi}
"""


def overflowing() -> Network:
    net = Network()
    net.input("in", 1, np.ones((40, 1)), spiking=True)
    registers = {"delta_u": 0, "delta_v": 0, "v_th_mant": 2**17 - 1}
    net.population("c", 2, "loihi_cuba", parameters=registers)
    net.project("in", "c", weights=[[-2], [-200]], port="i", exponent=7)
    return net


def first_overflow() -> tuple[str, int]:
    """Of unit 1, by the rule of the compartment."""
    u = v = 0
    for step, arriving in enumerate([0] + 39 * [-200 * 2**13]):
        u = -(-u * 4095 // 4096) + arriving
        if u < -(2**23):
            return "u", step
        v += u
        if v < 1 - 2**23:
            return "v", step
    raise AssertionError("never")


@pytest.mark.parametrize("backend", ["chip", "reference"])
def test_a_run_can_end_at_the_first_overflow_and_name_it(backend: str) -> None:
    program = yg.compile(overflowing(), backend=backend, profile="loihi")
    word, step = first_overflow()

    assert program.run().overflows["c"][word] > 0
    with pytest.raises(RunError, match=f"c: {word} overflowed in unit 1, step {step}, trial 0"):
        program.run(overflow="raise")
    fewer = program.run(steps=step, overflow="raise")
    assert not any(fewer.overflows["c"].values())


def test_a_run_without_overflow_is_the_same_where_overflow_is_watched() -> None:
    net = overflowing()
    program = yg.compile(net, profile="loihi")
    plain, watched = program.run(steps=3), program.run(steps=3, overflow="raise")
    for name, array in plain.counts.arrays.items():
        assert np.array_equal(array, watched.counts.arrays[name]), name


def test_an_unknown_reading_of_overflow_is_refused() -> None:
    with pytest.raises(RunError, match="overflow 'wrap': expected report or raise"):
        yg.compile(overflowing(), profile="loihi").run(overflow="wrap")  # type: ignore[arg-type]


def test_the_command_line_ends_at_the_first_overflow_where_it_is_asked_to(tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    path.write_text(OVERFLOWING.replace("SPIKES", json.dumps([[1]] * 40)))
    counted = invoke("run", str(path), "--json")
    ended = invoke("run", str(path), "--overflow", "raise")
    assert json.loads(counted.stdout)["overflows"]["c"]["v"] > 0
    assert ended.exit_code != 0
    assert "overflowed in unit 1, step" in ended.output
