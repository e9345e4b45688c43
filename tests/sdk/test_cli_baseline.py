"""`yuragi baseline`: a digital network counted and priced."""

from __future__ import annotations

import json
from pathlib import Path

import onnx_models
import pytest
from click.testing import CliRunner, Result

from yuragi.cli import cli


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, words)


def test_a_file_is_counted_and_priced_on_every_digital_machine(tmp_path: Path) -> None:
    path = onnx_models.write(tmp_path, onnx_models.lenet(), "lenet")
    result = run("baseline", str(path), "--batch", "1,64", "--json")
    assert result.exit_code == 0, result.output
    data = json.loads(result.stdout)
    assert (data["counts"]["macs"], data["counts"]["parameters"]) == (416_520, 61_706)
    rows = {(row["platform"], row["batch"]): row for row in data["rows"]}
    assert rows["a100", 64]["total_j"]["nominal"] < rows["a100", 1]["total_j"]["nominal"]
    machines = {"cortex_m4", "cortex_m7", "edge_tpu", "jetson_orin_nano", "desktop_cpu"}
    machines |= {"server_cpu", "a100", "h100", "riscv_cluster"}
    assert machines <= {name for name, _ in rows}
    assert rows["edge_tpu", 1]["total_j"] is None
    assert "latency.macs_float32" in rows["edge_tpu", 1]["unpriced"]


def test_the_table_says_what_bounds_the_time_and_why_a_total_is_missing() -> None:
    result = run("baseline", "mlp:64-100-10:int8", "--profiles", "a100,edge_tpu,cortex_m4")
    assert result.exit_code == 0, result.output
    assert "launches" in result.stdout
    assert "arithmetic" in result.stdout
    result = run("baseline", "mlp:3000-3000", "--profiles", "cortex_m7")
    assert "cortex_m7: no total: parameters: 36,012,000 bytes do not fit in flash" in result.stdout


def test_layers_are_listed_on_request() -> None:
    assert "6,400" in run("baseline", "mlp:64-100-10", "--layers").stdout


def test_a_named_size_is_given_on_the_command_line(tmp_path: Path) -> None:
    g = onnx_models.Graph()
    path = onnx_models.write(tmp_path, g.model(("N", "sequence", 16), g.linear("x", 16, 4)))
    refused = run("baseline", str(path))
    assert refused.exit_code == 2
    assert "'sequence'" in refused.stderr
    for option in (("--size", "sequence=5"), ("--input", "x=1x5x16")):
        data = json.loads(run("baseline", str(path), *option, "--json").stdout)
        assert data["counts"]["macs"] == 320


@pytest.mark.parametrize(
    "words",
    [
        ("baseline", "mlp:64"),
        ("baseline", "none.onnx"),
        ("baseline", "mlp:4-4", "--batch", "0"),
        ("baseline", "mlp:4-4@1.5"),
        ("baseline", "x.onnx", "--size", "sequence"),
        ("baseline", "x.onnx", "--input", "x=1y2"),
        ("baseline", "mlp:4-4", "--profiles", "nothing"),
    ],
)
def test_a_wrong_request_ends_with_2(words: tuple[str, ...]) -> None:
    assert run(*words).exit_code == 2


def test_a_chip_of_neurons_has_no_price_for_a_baseline() -> None:
    result = run("baseline", "mlp:4-4", "--profiles", "loihi2")
    assert result.exit_code == 1
    assert "compile and run the network on it" in result.stderr


def test_a_file_stands_beside_a_model_in_a_comparison(tmp_path: Path) -> None:
    path = onnx_models.write(tmp_path, onnx_models.lenet(), "lenet")
    model = tmp_path / "model.yaml"
    model.write_text(
        "yuragi: 1\nnetwork:\n  populations:\n    cells: {size: 4, dynamics: lif}\n"
        "run: {steps: 10, dt: 1 ms}\n"
    )
    words = ("--profiles", "loihi2,cortex_m4", "--baseline", f"{path}@0.99:int8")
    result = run("compare", str(model), *words, "--json")
    assert result.exit_code == 0, result.output
    row = json.loads(result.stdout)["rows"][1]
    assert (row["name"], row["accuracy"]) == ("lenet int8", 0.99)


def test_a_figure_is_explained_by_counts_constants_and_sources() -> None:
    words = ("baseline", "mlp:64-100-10", "--profiles", "a100", "--explain", "rows[0].total_j")
    result = run(*words)
    assert result.exit_code == 0, result.output
    for text in ("layers", "macs_float32", "NVIDIA A100", "power.idle"):
        assert text in result.stdout
    assert run(*words[:-1], "rows[9].total_j").exit_code == 2
