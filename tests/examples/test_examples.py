"""Every example runs, in a short form, and finds what its first lines say."""

import importlib.util
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "examples"


def example(name):
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_chaotic_neurons_recall_all_their_patterns_and_leave_them_again(capsys):
    found = example("recall_patterns").main(steps=10_000)
    assert found["recalled"] == 4
    assert found["activity"] == pytest.approx(0.23, abs=0.02)
    assert "pattern 3: recalled" in capsys.readouterr().out


def test_the_spiking_network_fires_and_saves_its_raster(tmp_path):
    found = example("spiking_raster").main(steps=100, path=tmp_path / "raster.png")
    assert 5.0 < found["rate"] < 60.0
    assert found["synaptic_events"] > 0
    assert (tmp_path / "raster.png").exists()


def test_the_reservoir_keeps_its_accuracy_on_the_chip(capsys):
    found = example("digits_reservoir").main(units=80)
    assert found["in_floats"] > 0.93
    assert found["on_chip"] == pytest.approx(found["in_floats"], abs=0.02)
    assert "cortex_m4" in capsys.readouterr().out


def test_the_model_file_spikes_alike_in_floats_and_integers():
    found = example("run_model_file").main(steps=60)
    assert found["ideal"] > 0
    assert found["loihi2"] == pytest.approx(found["ideal"], rel=0.05)


def test_digits_are_recalled_from_noise_in_integers_as_in_floats(tmp_path, capsys):
    found = example("hopfield_digits").main(cues=60, folder=tmp_path)
    assert found["floats"] > 0.9
    assert found["loihi2"] == pytest.approx(found["floats"], abs=0.01)
    assert (tmp_path / "hopfield_digits.png").exists()
    assert capsys.readouterr().out.count("total") == 2


def test_bifurcation_cuts_the_graph_nearly_as_well_as_is_known(tmp_path):
    found = example("max_cut").main(steps=1000, replicas=6, folder=tmp_path)
    assert min(found.values()) > 11_500
    assert max(found.values()) <= 11_624
    assert (tmp_path / "max_cut.png").exists()


def test_chance_and_chaos_sample_the_distribution_and_updates_at_once_do_not(tmp_path):
    found = example("boltzmann_sampling").main(sweeps=300, folder=tmp_path)
    assert found["Gibbs, Loihi 2"] < 0.003
    assert found["chaos"] < 0.02
    assert found["all at once"] > 0.05
    assert (tmp_path / "boltzmann.png").exists()


def test_chaos_finds_the_shortest_tour_and_is_priced_on_a_chip_and_on_computers(tmp_path, capsys):
    found = example("travelling_salesman").main(starts=10, sweeps=800, folder=tmp_path)
    assert found["floats"] >= 8
    assert found["loihi2"] >= 7
    assert found["without chaos"] <= 1
    printed = capsys.readouterr().out
    assert "cortex_m4" in printed
    assert "desktop_cpu" in printed
    assert (tmp_path / "travelling_salesman.png").exists()


def test_every_script_is_tested_here():
    tested = {"boltzmann_sampling", "hopfield_digits", "max_cut"}
    tested |= {"digits_reservoir", "recall_patterns", "run_model_file", "spiking_raster"}
    tested |= {"travelling_salesman"}
    assert {path.stem for path in FOLDER.glob("*.py")} == tested
