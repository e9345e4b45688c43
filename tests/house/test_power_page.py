"""The Python, YAML and console examples of docs/power.md are what really happens."""

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from yuragi.cli import cli

PAGE = (Path(__file__).parents[2] / "docs" / "power.md").read_text()
PYTHON = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
CONSOLE = re.findall(r"```console\n\$ yuragi ([^\n]*)\n([^`]+)```", PAGE, re.DOTALL)
SWEEP = re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
MODEL = """
yuragi: 1
network:
  inputs: {pulses: {size: 5, spiking: true, values: [[1, 0, 1, 0, 1]]}}
  populations: {cells: {size: 8, dynamics: cuba_lif}}
  projections: [{from: pulses, to: cells, weights: {random: {inputs: 3, low: 0, high: 0.5}}}]
run: {steps: 20, dt: 1 ms}
"""


@pytest.mark.parametrize("code", PYTHON, ids=lambda text: text[:40])
def test_a_python_example_of_the_power_page_runs(code):
    exec(compile(code, "power.md", "exec"), {"__name__": "power"})  # noqa: S102


@pytest.mark.parametrize(("words", "shown"), CONSOLE)
def test_a_command_of_the_power_page_prints_what_the_page_shows(words, shown):
    result = CliRunner().invoke(cli, shlex.split(words))
    assert result.exit_code == 0, result.output
    assert result.stdout == shown


def test_the_sweep_of_the_power_page_is_a_sweep(tmp_path):
    from yuragi.sweeping import read_plan
    from yuragi.sweeping.row import evaluate

    (tmp_path / "model.yaml").write_text(MODEL)
    (tmp_path / "sweep.yaml").write_text(SWEEP[1])
    plan = read_plan(tmp_path / "sweep.yaml")
    assert len(plan) == 2 * 3 * 2 * 2 * 2
    assert evaluate(plan, next(plan.points()))["status"] == "done"
