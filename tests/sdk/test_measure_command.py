"""Commands measured: repeated, refused, interrupted; their exit codes passed on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from yuragi.cli import cli
from yuragi.errors import DependencyError
from yuragi.metering.command import CommandError, measure_command
from yuragi.metering.measure import Measuring, find_meter


def modelled() -> Measuring:
    return Measuring(find_meter("model", watts=10.0))


def test_a_command_is_repeated_until_it_lasts_long_enough(tmp_path: Path) -> None:
    script = f"open({str(tmp_path / 'log')!r}, 'a').write('x')"
    measuring = modelled()
    words = [sys.executable, "-S", "-c", script]
    found = measure_command(words, measuring, repetitions=2, shortest_s=0.05)
    written = len((tmp_path / "log").read_text())
    assert written == 1 + 2 * found.inferences


def test_a_command_that_fails_passes_its_exit_code_on() -> None:
    with pytest.raises(CommandError) as caught:
        measure_command([sys.executable, "-c", "raise SystemExit(7)"], modelled())
    assert caught.value.code == 7


def test_a_command_that_a_signal_ends_gives_128_and_its_number() -> None:
    script = "import os; os.kill(os.getpid(), 9)"
    with pytest.raises(CommandError) as caught:
        measure_command([sys.executable, "-c", script], modelled())
    assert caught.value.code == 128 + 9


def test_a_command_that_is_not_there_is_missing() -> None:
    with pytest.raises(DependencyError, match="no such command"):
        measure_command(["there-is-no-such-command"], modelled())


def test_the_command_line_prints_one_document_and_passes_codes() -> None:
    yuragi = [sys.executable, "-m", "yuragi", "measure", "--meter", "model", "--watts", "9"]
    python = ["--", sys.executable, "-c"]
    said = subprocess.run(
        [*yuragi, "--once", "--json", *python, "print('from the child')"],
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    document = json.loads(said.stdout)
    assert document["kind"] == "modelled"
    assert len(document["repetitions"]) == 1
    assert "from the child" in said.stderr
    failed = subprocess.run(
        [*yuragi, *python, "raise SystemExit(5)"], capture_output=True, check=False, timeout=120
    )
    assert failed.returncode == 5


def test_explain_traces_a_measurement() -> None:
    words = ["measure", "--meter", "model", "--watts", "9", "--once", "--explain", "gross_j.mean"]
    result = CliRunner().invoke(cli, [*words, "--", sys.executable, "-c", ""])
    assert result.exit_code == 0, result.output
    assert "modelled, not measured: time x 9 W" in result.output


@pytest.mark.skipif(os.name != "posix", reason="signals and process groups")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_the_command_and_its_children(tmp_path: Path, number: int) -> None:
    script = (
        "import subprocess, sys, pathlib, os, time;"
        "p = subprocess.Popen([sys.executable, '-S', '-c', 'import time; time.sleep(600)']);"
        f"f = pathlib.Path({str(tmp_path / 'new')!r}); f.write_text(f'{{os.getpid()}} {{p.pid}}');"
        f"f.rename({str(tmp_path / 'pids')!r}); time.sleep(600)"
    )
    words = ["-m", "yuragi", "measure", "--meter", "model", "--watts", "9", "--once", "--"]
    process = subprocess.Popen(
        [sys.executable, *words, sys.executable, "-S", "-c", script],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    pids = tmp_path / "pids"
    end = time.monotonic() + 120
    while not pids.exists() and time.monotonic() < end:
        time.sleep(0.01)
    started = [int(word) for word in pids.read_text().split()]
    process.send_signal(number)
    process.communicate(timeout=120)
    assert process.returncode in {130, 143}
    while any(map(running, started)) and time.monotonic() < end:
        time.sleep(0.01)
    assert not any(map(running, started))


def running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{process}/stat")
    return not (stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z")
