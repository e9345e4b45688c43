"""The command line: what it prints, what it writes, how it ends."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import click
import numpy as np
import pytest
from click.testing import CliRunner, Result

from yuragi import hardware
from yuragi.cli import cli
from yuragi.io.run_folder import read_run

MODEL = """\
yuragi: 1
seed: 3
network:
  inputs:
    drive: {size: 6, spiking: true}
  populations:
    cells:
      size: 10
      dynamics:
        equations: |
          v(t+1) = 0.9*v + i + b
        ports: [i]
        parameters: {b: 0.12}
        threshold: v > 1
        reset: v = 0
  projections:
    - {from: drive, to: cells, weights: {random: {inputs: 3, low: 0, high: 0.5}}}
  stimulus:
    - {to: drive, values: input.npy}
  probes: [cells.spikes, {probe: cells.v, every: 2}]
run: {steps: 40, dt: 1 ms}
"""

Invoke = Callable[..., Result]


@pytest.fixture
def invoke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lif.yaml").write_text(MODEL)
    drive = np.random.default_rng(0).random((40, 6)) < 0.3
    np.save(tmp_path / "input.npy", drive.astype(float))

    def run(*words: str) -> Result:
        return CliRunner().invoke(cli, list(words))

    return run


def done(result: Result) -> str:
    assert result.exit_code == 0, result.stderr
    return result.stdout


def document(result: Result) -> dict[str, object]:
    found = json.loads(done(result))
    assert isinstance(found, dict)
    return found


def test_run_prints_a_summary_and_writes_a_run_folder(invoke: Invoke, tmp_path: Path) -> None:
    text = done(invoke("run", "lif.yaml", "-o", "out"))
    assert "lif on ideal (chip): steps 40, trials 1" in text
    assert "cells spikes" in text
    assert "written to out" in text
    saved = read_run(tmp_path / "out")
    assert (saved.model, saved.recording.steps, saved.recording.seed) == ("lif", 40, 3)


def test_options_of_run_are_stronger_than_the_file(invoke: Invoke, tmp_path: Path) -> None:
    words = ("--steps", "7", "--trials", "2", "--dt", "2 ms", "--seed", "9", "--threads", "1")
    done(invoke("run", "lif.yaml", "--backend", "reference", *words, "-o", "out"))
    recording = read_run(tmp_path / "out").recording
    found = (recording.backend, recording.steps, recording.trials, recording.dt, recording.seed)
    assert found == ("reference", 7, 2, 2e-3, 9)


@pytest.mark.parametrize("name", cli.list_commands(click.Context(cli)))
def test_every_command_takes_json_and_a_seed(name: str) -> None:
    found = cli.get_command(click.Context(cli), name)
    assert found is not None
    parts = tuple(found.commands.values()) if isinstance(found, click.Group) else ()
    own = (found,) if not parts or found.invoke_without_command else ()
    for command in (*own, *parts):
        words = {word for parameter in command.params for word in parameter.opts}
        assert {"--json", "--seed"} <= words, command.name


def test_run_with_json_prints_one_document_only(invoke: Invoke) -> None:
    data = document(invoke("run", "lif.yaml", "--json"))
    assert data["model"] == "lif"
    assert data["counts"]["neuron_updates"] == 40 * 16  # type: ignore[index]


def test_the_same_seed_gives_the_same_run(invoke: Invoke) -> None:
    one, two, other = (
        document(invoke("run", "lif.yaml", "--json", "--seed", seed)) for seed in ("1", "1", "2")
    )
    assert one["counts"] == two["counts"] != other["counts"]


def test_a_program_folder_runs_and_has_a_price(invoke: Invoke) -> None:
    text = done(invoke("compile", "lif.yaml", "--profile", "loihi2", "-o", "build"))
    assert "quantise" in text
    assert "lif for loihi2: 16 units" in text
    direct = document(invoke("run", "lif.yaml", "--profile", "loihi2", "--json"))
    built = document(invoke("run", "build", "--json"))
    assert built["counts"] == direct["counts"]
    assert "total" in done(invoke("energy", "build"))


def test_a_program_folder_refuses_what_is_fixed_already(invoke: Invoke) -> None:
    done(invoke("compile", "lif.yaml", "-o", "build"))
    result = invoke("run", "build", "--profile", "loihi")
    assert result.exit_code == 2
    assert "--profile: build is compiled already" in result.stderr


def test_energy_prices_a_run_folder(invoke: Invoke) -> None:
    done(invoke("run", "lif.yaml", "--profile", "loihi", "-o", "out"))
    short, whole = done(invoke("energy", "out")), done(invoke("energy", "out", "--breakdown"))
    assert "lif on Intel Loihi" in short
    assert "synaptic_events" not in short
    assert "synaptic_events" in whole
    assert "I/O" in whole
    data = document(invoke("energy", "out", "--json", "--accuracy", "0.9"))
    assert data["platform"] == "loihi"
    assert data["accuracy"] == 0.9


def test_energy_refuses_what_is_no_run(invoke: Invoke, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    result = invoke("energy", "empty")
    assert result.exit_code == 2
    assert "empty: expected a run folder" in result.stderr


def test_compare_runs_a_model_on_each_chip(invoke: Invoke) -> None:
    words = ("--profiles", "loihi,loihi2,cortex_m4", "--baseline", "mlp:6-100-10@0.97:int8")
    rows = document(invoke("compare", "lif.yaml", *words, "--json"))["rows"]
    assert [row["platform"] for row in rows] == ["loihi", "loihi2", "cortex_m4"]  # type: ignore
    assert rows[2]["accuracy"] == 0.97  # type: ignore[index]
    assert "cortex_m4" in done(invoke("compare", "lif.yaml", *words))


def test_a_run_that_counts_several_cores_as_one_has_no_price(invoke: Invoke) -> None:
    words = ("--backend", "reference", "--profile", "loihi2", "-o", "out")
    text = done(invoke("run", "lif.yaml", *words))
    assert "lif on loihi2 (reference): steps 40, trials 1, cores 2," in text
    refused = invoke("energy", "out")
    assert refused.exit_code != 0
    assert "counted several cores as one" in refused.stderr


def test_compare_simulates_a_model_on_machines_where_no_baseline_is_given(invoke: Invoke) -> None:
    words = ("--profiles", "loihi2,cortex_m4", "--json")
    rows = document(invoke("compare", "lif.yaml", *words))["rows"]
    assert [row["platform"] for row in rows] == ["loihi2", "cortex_m4"]  # type: ignore
    assert rows[1]["name"] == "lif simulated, by events float32"  # type: ignore[index]
    assert rows[1]["total_j"]["nominal"] > 0  # type: ignore[index]
    done(invoke("compile", "lif.yaml", "--profile", "loihi", "-o", "build"))
    assert "lif simulated" in done(invoke("compare", "build", "--profiles", "cortex_m4"))
    done(invoke("run", "build", "-o", "out"))
    kept = invoke("compare", "out", "--profiles", "cortex_m4")
    assert kept.exit_code == 2
    assert "a run does not hold its network" in kept.stderr


def test_compare_prices_a_run_as_it_is(invoke: Invoke) -> None:
    done(invoke("run", "lif.yaml", "--profile", "loihi", "-o", "out"))
    words = ("--profiles", "loihi,a100", "--baseline", "mlp:6-10")
    rows = document(invoke("compare", "out", *words, "--json"))["rows"]
    assert [row["platform"] for row in rows] == ["loihi", "a100"]  # type: ignore[attr-defined]
    other = invoke("compare", "out", "--profiles", "loihi2")
    assert other.exit_code == 2
    assert "out is made for loihi, it has no price on loihi2" in other.stderr


def test_compare_runs_a_program_on_its_own_chip(invoke: Invoke) -> None:
    done(invoke("compile", "lif.yaml", "--profile", "loihi", "-o", "build"))
    rows = document(invoke("compare", "build", "--json"))["rows"]
    assert [row["platform"] for row in rows] == ["loihi"]  # type: ignore[attr-defined]
    assert invoke("compare", "build", "--profiles", "loihi2").exit_code == 2


@pytest.mark.parametrize("text", ["mlp:64", "mlp:a-b", "cnn:3-4", "mlp:1-2:int4@3"])
def test_compare_refuses_a_baseline_that_it_cannot_read(invoke: Invoke, text: str) -> None:
    result = invoke("compare", "lif.yaml", "--profiles", "a100", "--baseline", text)
    assert result.exit_code == 2
    assert "expected e.g. mlp:64-100-10" in result.stderr


UNFIT = MODEL.replace("0.9*v + i + b", "0.9*v + i*v*v + b")


def test_a_model_that_a_chip_cannot_run_ends_with_1(invoke: Invoke, tmp_path: Path) -> None:
    (tmp_path / "unfit.yaml").write_text(UNFIT)
    result = invoke("run", "unfit.yaml", "--profile", "loihi", "-o", "out")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert not (tmp_path / "out").exists()
    compared = invoke("compare", "unfit.yaml", "--profiles", "loihi,loihi2")
    assert compared.exit_code == 1
    assert "loihi: does not fit:" in compared.stdout
    assert "loihi2" in compared.stdout


def test_check_lists_the_room_that_is_left(invoke: Invoke) -> None:
    text = done(invoke("check", "lif.yaml", "--profile", "loihi"))
    assert "lif fits loihi" in text
    assert "units_per_core: 10 of 1,024" in text
    assert document(invoke("check", "lif.yaml", "--profile", "loihi", "--json"))["fits"] is True


def test_check_lists_every_violation_and_ends_with_1(invoke: Invoke, tmp_path: Path) -> None:
    late = MODEL.replace("high: 0.5}}}", "high: 0.5}}, delay: 100}")
    (tmp_path / "late.yaml").write_text(late)
    result = invoke("check", "late.yaml", "--profile", "loihi", "--json")
    assert result.exit_code == 1
    data = json.loads(result.stdout)
    assert data["fits"] is False
    assert data["violations"][0]["code"] == "delay_max"
    assert data["violations"][0]["found"] == 100
    plain = invoke("check", "late.yaml", "--profile", "loihi")
    assert plain.exit_code == 1
    assert "late does not fit loihi: 1 violation(s)" in plain.stdout


def test_check_repairs_and_writes_a_network_that_fits(invoke: Invoke, tmp_path: Path) -> None:
    late = MODEL.replace("high: 0.5}}}", "high: 0.5}}, delay: 100}")
    (tmp_path / "late.yaml").write_text(late)
    text = done(invoke("check", "late.yaml", "--profile", "loihi", "--repair", "-o", "fixed.yg"))
    assert "a repair was applied, and every limit holds then: relay: " in text
    assert "costs: " in text
    assert "written to fixed.yg" in text
    again = document(invoke("check", "fixed.yg", "--profile", "loihi", "--json"))
    assert again["fits"] is True
    assert again["repair"] is None


def test_check_tells_the_repair_without_being_asked(invoke: Invoke, tmp_path: Path) -> None:
    late = MODEL.replace("high: 0.5}}}", "high: 0.5}}, delay: 100}")
    (tmp_path / "late.yaml").write_text(late)
    result = invoke("check", "late.yaml", "--profile", "loihi", "--json")
    assert result.exit_code == 1
    repair = json.loads(result.stdout)["repair"]
    assert repair["actions"][0].startswith("relay: ")
    assert any("core(s)" in cost for cost in repair["costs"])
    alone = invoke("check", "late.yaml", "-o", "fixed.yg")
    assert alone.exit_code == 2


def test_check_says_why_a_unit_model_does_not_fit(invoke: Invoke, tmp_path: Path) -> None:
    (tmp_path / "unfit.yaml").write_text(UNFIT)
    result = invoke("check", "unfit.yaml", "--profile", "loihi", "--json")
    assert result.exit_code == 1
    data = json.loads(result.stdout)
    assert data["fits"] is False
    assert "cells" in data["violations"][0]["message"]


@pytest.mark.parametrize("kind", ["raster", "traces", "energy"])
def test_plot_writes_a_picture(invoke: Invoke, tmp_path: Path, kind: str) -> None:
    done(invoke("run", "lif.yaml", "--profile", "loihi", "-o", "out"))
    done(invoke("plot", "out", "--kind", kind, "-o", "picture.png"))
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")
    again = invoke("plot", "out", "--kind", kind, "-o", "picture.png")
    assert again.exit_code == 2
    assert "exists already" in again.stderr


def test_plot_says_what_a_run_does_not_hold(invoke: Invoke, tmp_path: Path) -> None:
    bare = MODEL.replace("[cells.spikes, {probe: cells.v, every: 2}]", "[]")
    (tmp_path / "bare.yaml").write_text(bare)
    done(invoke("run", "bare.yaml", "-o", "out"))
    for kind in ("raster", "traces", "energy"):
        result = invoke("plot", "out", "--kind", kind, "-o", "picture.png")
        assert result.exit_code == 2
        assert "nothing to draw" in result.stderr
    assert not (tmp_path / "picture.png").exists()


def test_profiles_lists_the_chips_and_shows_one(invoke: Invoke) -> None:
    text = done(invoke("profiles"))
    assert all(name in text for name in hardware.names())
    shown = done(invoke("profiles", "show", "loihi"))
    assert "energy.synaptic_events" in shown
    assert "davies2018: " in shown
    data = document(invoke("profiles", "show", "loihi", "--json"))
    constants = {item["name"]: item for item in data["constants"]}  # type: ignore[attr-defined]
    assert constants["energy.synaptic_events"]["value"] == pytest.approx(23.6e-12)
    assert constants["energy.synaptic_events"]["source"] == "davies2018"


def test_models_shows_equations(invoke: Invoke) -> None:
    assert "eta(t+1)" in done(invoke("models"))
    data = document(invoke("models", "chaotic_neuron", "--json"))
    assert "feedback" in data["models"]["chaotic_neuron"]["ports"]  # type: ignore[index]
    assert invoke("models", "chaotic_neurn").exit_code == 2


def test_schema_prints_json(invoke: Invoke) -> None:
    assert document(invoke("schema"))["title"] == "yuragi model file"
    assert document(invoke("schema", "--json")) == document(invoke("schema"))


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script(invoke: Invoke, shell: str) -> None:
    assert "_YURAGI_COMPLETE" in done(invoke("completion", shell))


def test_nothing_is_overwritten_without_force(invoke: Invoke, tmp_path: Path) -> None:
    done(invoke("run", "lif.yaml", "-o", "out"))
    again = invoke("run", "lif.yaml", "--seed", "8", "-o", "out")
    assert again.exit_code == 2
    assert "exists already" in again.stderr
    assert read_run(tmp_path / "out").recording.seed == 3
    done(invoke("run", "lif.yaml", "--seed", "8", "-o", "out", "--force"))
    assert read_run(tmp_path / "out").recording.seed == 8


def test_force_does_not_remove_the_files_of_others(invoke: Invoke, tmp_path: Path) -> None:
    result = invoke("run", "lif.yaml", "-o", str(tmp_path), "--force")
    assert result.exit_code == 2
    assert (tmp_path / "lif.yaml").exists()


def test_a_mistake_of_ours_ends_with_4_and_a_traceback(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr("yuragi.cli.run.open_program", broken)
    plain = invoke("run", "lif.yaml")
    told = invoke("run", "lif.yaml", "--json")

    assert plain.exit_code == told.exit_code == 4
    assert "Traceback" in plain.stderr
    assert "please report it" in plain.stderr
    assert json.loads(told.stderr)["error"]["kind"] == "ZeroDivisionError"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("run", "none.yaml"), 2),
        (("rnu",), 2),
        (("run", "lif.yaml", "--steps", "0"), 2),
        (("run", "lif.yaml", "--dt", "1 mV"), 2),
        (("run", "lif.yaml", "--backend", "chipp"), 2),
        (("run", "lif.yaml", "--profile", "loihi3"), 2),
        (("run", "lif.yaml", "-o", "no/such/folder"), 2),
        (("run", "lif.yaml", "-o", "input.npy", "--force"), 2),
        (("energy", "lif.yaml"), 2),
        (("compile", "lif.yaml"), 2),
        (("profiles", "show", "loihi3"), 2),
    ],
)
def test_a_wrong_request_ends_with_2(invoke: Invoke, words: tuple[str, ...], code: int) -> None:
    plain = invoke(*words)
    assert plain.exit_code == code
    assert plain.stdout == ""
    assert "Traceback" not in plain.stderr
    told = invoke(*words, "--json")
    assert told.exit_code == code
    assert told.stdout == ""
    error = json.loads(told.stderr)["error"]
    assert error["exit_code"] == code
    assert error["message"]


def test_a_wrong_command_is_answered_with_the_nearest(invoke: Invoke) -> None:
    assert "no command 'rnu'; did you mean 'run'?" in invoke("rnu").stderr


def test_something_missing_ends_with_3(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    class Entry:
        def load(self) -> None:
            raise ImportError("No module named 'nowhere'")

    monkeypatch.setattr("yuragi.backend._backends", lambda: {"far": Entry()})
    result = invoke("run", "lif.yaml", "--backend", "far")
    assert result.exit_code == 3
    assert "backend far cannot be loaded" in result.stderr


def test_help_has_an_example_for_every_command(invoke: Invoke) -> None:
    for name in cli.list_commands(None):  # type: ignore[arg-type]
        text = done(invoke(name, "--help"))
        assert f"  yuragi {name}" in text
        command = cli.get_command(None, name)  # type: ignore[arg-type]
        parts = list(command.commands) if isinstance(command, click.Group) else []
        texts = [done(invoke(name, part, "--help")) for part in parts] or [text]
        assert all("--json" in each for each in texts)


def python(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_help_imports_neither_numbers_nor_schemas_nor_figures(tmp_path: Path) -> None:
    result = python(
        """
        import sys
        from yuragi.cli import cli
        try:
            cli.main(["--help"], prog_name="yuragi")
        except SystemExit as end:
            heavy = {"numpy", "numba", "scipy", "pint", "pydantic", "matplotlib", "networkx"}
            found = heavy & sys.modules.keys()
            sys.exit(f"imported {found}" if found else end.code)
        """,
        tmp_path,
    )
    assert result.returncode == 0, result.stderr
    assert "Commands:" in result.stdout


def test_a_model_runs_from_another_directory(invoke: Invoke, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    result = subprocess.run(
        [sys.executable, "-m", "yuragi", "run", "../lif.yaml", "-o", "out"],
        cwd=tmp_path / "elsewhere",
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    assert (tmp_path / "elsewhere" / "out" / "recording.yaml").is_file()


@pytest.mark.parametrize("trials", [1, 4])
def test_an_interrupt_in_the_middle_of_a_run_leaves_nothing(
    invoke: Invoke, tmp_path: Path, trials: int
) -> None:
    before = sorted(item.name for item in tmp_path.iterdir())
    result = python(
        f"""
        import signal
        from contextlib import contextmanager
        from yuragi.cli import cli, opening

        @contextmanager
        def interrupting(what):
            def progress(done, steps):
                if done == 5:
                    signal.raise_signal(signal.SIGINT)
            yield progress

        opening.progress_bar = interrupting
        cli.main(["run", "lif.yaml", "--steps", "20000", "--trials", "{trials}", "--threads", "2",
                  "--backend", "chip", "-o", "out"])
        """,
        tmp_path,
    )
    assert result.returncode == 130, result.stderr
    assert result.stdout == ""
    assert result.stderr.strip() == "yuragi: interrupted; nothing was left behind"
    assert sorted(item.name for item in tmp_path.iterdir()) == before
