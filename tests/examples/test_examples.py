"""Every example runs, in a short form, finds what its first lines say, and ends in a bill."""

import importlib.util
from pathlib import Path

import pytest

from yuragi_models import bills

FOLDER = Path(__file__).parents[2] / "examples"


@pytest.fixture
def example(tmp_path, capsys, monkeypatch):
    """Run a script's `main` in a short form; its figure and its joules on two chips are there.

    every: on every chip that the script asks for, else on the first of them, for its time.
    """

    def run(name, *, every=False, **short):
        if not every:
            monkeypatch.setattr(bills, "CHIPS", bills.CHIPS[:1])
        spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        found = module.main(folder=tmp_path, **short)
        printed = capsys.readouterr().out
        rows = [line for line in printed.splitlines() if line.rstrip().endswith(BASES)]
        assert any(" loihi2 " in row for row in rows)
        assert any(" cortex_m4 " in row for row in rows)
        assert list(tmp_path.glob("*.png"))
        return found

    return run


BASES = ("measured", "fitted", "simulated", "vendor", "derived", "peak", "convention", "assumed")
"""How a priced row of a comparison ends."""


def test_class_one_and_class_two_are_told_apart_and_a_pair_on_the_chip_falls_silent(example):
    found = example("excitability", points=5, seconds=0.4, turns=10)
    assert found["morris_lecar_class1"] == "class I"
    assert found["morris_lecar_class2"] == found["hodgkin_huxley_1952"] == "class II"
    assert found["stops"] == "yes"


def test_rates_of_chaotic_neurons_survive_integers(example):
    found = example("chaotic_staircase", points=101, steps=2000)
    assert found["rate error"] < 0.01
    assert 0.2 < found["chaotic"] < 0.45


def test_chaotic_neurons_recall_all_their_images_and_leave_them_again(example):
    found = example("recall_patterns", steps=10_000)
    assert found["floats"] == found["loihi2"] == 4
    assert found["activity"] == pytest.approx(0.23, abs=0.02)


def test_chaos_finds_the_shortest_tour(example):
    found = example("travelling_salesman", starts=10, sweeps=800)
    assert found["floats"] >= 8
    assert found["loihi2"] >= 7
    assert found["without chaos"] <= 1


def test_tired_units_find_good_assignments_and_decide_alike_in_integers(example):
    found = example("quadratic_assignment", starts=10, sweeps=500)
    assert found["gap"] < 0.005
    assert found["same"] > 0.999


def test_coupled_maps_are_one_a_few_or_many_in_floats_and_in_integers(example):
    found = example("coupled_maps", size=50, steps=400, points=5)
    assert found["0.4"] == [1, 1]
    assert 2 <= max(found["0.2"]) <= 6
    assert min(found["0.1"]) >= 40


def test_digits_are_recalled_from_noise_in_integers_as_in_floats(example):
    found = example("hopfield_digits", cues=60)
    assert found["floats"] > 0.9
    assert found["loihi2"] == pytest.approx(found["floats"], abs=0.01)


def test_a_dense_memory_recalls_more_patterns_than_it_has_units(example):
    found = example("dense_memory", size=40, cues=10)
    assert found["floats"] >= 0.7
    assert found["loihi2"] == pytest.approx(found["floats"], abs=0.2)


def test_chance_and_chaos_sample_the_distribution_and_updates_at_once_do_not(example):
    found = example("boltzmann_sampling", sweeps=300)
    assert found["Gibbs, Loihi 2"] < 0.003
    assert found["chaos"] < 0.02
    assert found["all at once"] > 0.05


def test_bifurcation_cuts_the_graph_nearly_as_well_as_is_known(example):
    found = example("max_cut", steps=1000, replicas=6)
    assert min(found.values()) > 11_500
    assert max(found.values()) <= 11_624


def test_three_machines_cool_a_glass_to_nearly_the_same_energy(example):
    found = example("ising_machines", spins=40, replicas=20)
    assert max(found.values()) - min(found.values()) < 0.02


def test_the_reservoir_keeps_its_accuracy_on_the_chip(example):
    found = example("digits_reservoir", units=80)
    assert found["in_floats"] > 0.93
    assert found["on_chip"] == pytest.approx(found["in_floats"], abs=0.02)


def test_a_series_is_predicted_in_integers_and_an_attractor_is_followed(example):
    found = example("predict_series", units=100, train=2000)
    assert found["floats"] < 0.32
    assert found["Loihi 2"] == pytest.approx(found["floats"], abs=0.05)
    assert found["Lorenz"] > 2.0


def test_spikes_remember_in_integers_as_in_floats(example):
    found = example("liquid_states", units=60, steps=400)
    assert found["floats"] > 2.0
    assert found["Loihi 2"] == pytest.approx(found["floats"], rel=0.2)


def test_a_movement_is_learned_by_the_weights_of_a_chip(example):
    found = example("learn_movement", units=60, rounds=60)
    assert found["floats"] < 0.25
    assert found["Loihi 2"] < 0.35


def test_the_spiking_network_fires(example):
    found = example("spiking_raster", steps=100)
    assert 5.0 < found["rate"] < 60.0
    assert found["synaptic_events"] > 0


def test_the_model_file_spikes_alike_in_floats_and_integers(example):
    found = example("run_model_file", every=True, steps=60)
    assert found["ideal"] > 0
    assert found["loihi2"] == pytest.approx(found["ideal"], rel=0.05)


def test_every_script_is_tested_here():
    tests = Path(__file__).read_text()
    untested = {p.stem for p in FOLDER.glob("*.py") if f'example("{p.stem}"' not in tests}
    assert not untested
