"""The tools see in known systems what is known of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import yuragi as yg
from yuragi.errors import RunError, UnsupportedError
from yuragi_models.analysis.excitability import Excitability, firing_rates, rates_figure
from yuragi_models.analysis.scans import averages, exponents, scan, slope
from yuragi_models.analysis.spectra import spectrum
from yuragi_models.chaotic import CHAOTIC_NEURON, CHAOTIC_RELU, NAGUMO_SATO, SINGLE_CHAOTIC_NEURON
from yuragi_models.chaotic_memory import ChaoticMemory, balanced_patterns
from yuragi_models.conductance import (
    MORRIS_LECAR_CLASS1,
    MORRIS_LECAR_CLASS2,
    MORRIS_LECAR_HOMOCLINIC,
)
from yuragi_models.coupled_maps import CoupledMaps
from yuragi_models.units import UNITS

LOGISTIC = yg.Dynamics(
    name="logistic", equations="y(t+1) = r*y*(1 - y)", parameters={"r": 4.0}, output="y"
)


def test_the_logistic_map_has_the_exponent_ln_2_and_the_mean_of_one_half():
    found = averages(LOGISTIC, {"mean": "y"}, initial={"y": np.linspace(0.1, 0.4, 20)})
    assert found["mean"].mean() == pytest.approx(0.5, abs=0.005)
    assert exponents(LOGISTIC, initial={"y": [0.2]})[0] == pytest.approx(np.log(2), abs=0.01)


def test_averages_of_many_units_are_those_of_each_alone():
    both = exponents(LOGISTIC, parameters={"r": [3.2, 3.9]}, initial={"y": 0.3})
    alone = [exponents(LOGISTIC, parameters={"r": r}, initial={"y": 0.3})[0] for r in (3.2, 3.9)]
    assert both.tolist() == alone
    assert both[0] < 0 < both[1]


def test_the_slope_of_a_step_is_that_of_what_is_beside_it():
    assert slope(NAGUMO_SATO) == "k"
    assert exponents(CHAOTIC_RELU, initial={"y": 0.1})[0] == pytest.approx(0.26, abs=0.005)


def test_a_slope_of_two_states_or_of_an_input_is_refused():
    with pytest.raises(UnsupportedError, match="2 states"):
        slope(CHAOTIC_NEURON)
    driven = yg.Dynamics(name="driven", equations="y(t+1) = i*y", ports=("i",))
    with pytest.raises(UnsupportedError, match="depends on i"):
        slope(driven)


def test_a_scan_of_the_chaotic_neuron_shows_chaos_and_locking(tmp_path):
    found = scan(
        SINGLE_CHAOTIC_NEURON, "a", [0.1, 0.25, 0.5], fires="y >= 0", steps=4000, discard=500
    )
    assert found.exponents[0] > 0.3
    assert (found.exponents[1:] < 0).all()
    assert found.rates[1:] == pytest.approx([1 / 3, 1 / 2], abs=1e-3)
    figure = found.plot()
    figure.savefig(tmp_path / "scan.png")
    assert len(np.unique(found.visited[2].round(9))) == 2


def test_class_one_begins_slowly_and_class_two_with_a_rate_of_its_own():
    one = Excitability(MORRIS_LECAR_CLASS1, step=1e-4, above=0.0)
    two = Excitability(MORRIS_LECAR_CLASS2, step=1e-4, above=0.0)
    assert (one.verdict(-60, 0), two.verdict(-60, 0)) == ("class I", "class II")
    assert 0 < one.rates([40.1], seconds=3).hertz[0] < 2.5
    assert two.rates([89.0], seconds=2).hertz[0] > 7
    assert two.rates([60.0, 100.0]).onset == 100.0
    assert two.rates([60.0, 100.0]).plot().get_ylabel() == "firing rate (Hz)"


def test_the_jacobian_is_that_of_differences():
    unit = Excitability(MORRIS_LECAR_CLASS2)
    state = np.array([-20.0, 0.1])
    by_difference = np.column_stack(
        [(unit.flow(state + h, 0) - unit.flow(state - h, 0)) / 2e-6 for h in 1e-6 * np.eye(2)]
    )
    assert unit.jacobian(state, 0.0) == pytest.approx(by_difference, rel=1e-6)


def test_an_onset_where_there_is_none_is_said():
    with pytest.raises(RunError, match="no onset between 0 and 1"):
        Excitability(replace(MORRIS_LECAR_CLASS1), step=1e-4, above=0.0).onset(0, 1, seconds=0.2)


LORENZ = yg.Dynamics(
    name="lorenz",
    equations="dx/dt = 10*(y - x)\ndy/dt = x*(28 - z) - y\ndz/dt = x*y - 8*z/3",
    method="rk4",
    initial={"x": 1.0, "y": 1.0, "z": 20.0},
)


def test_the_spectrum_of_the_lorenz_system_is_known(tmp_path):
    net = yg.Network(dt=0.01)
    net.population("orbit", 1, LORENZ)
    found = spectrum(net, steps=600, discard=200)
    assert found.exponents.sum() == pytest.approx(-41 / 3, abs=1e-3)
    assert found.exponents == pytest.approx([0.9, 0.0, -14.57], abs=0.4)
    assert found.dimension == pytest.approx(2.06, abs=0.03)
    found.plot().savefig(tmp_path / "spectrum.png")


def test_maps_that_move_as_one_part_by_the_logarithm_of_what_coupling_leaves():
    found = spectrum(CoupledMaps(6, a=2.0, coupling=0.6).network, steps=1500, discard=200)
    assert found.exponents[0] == pytest.approx(np.log(2.0), abs=0.01)
    assert found.exponents[1:6] == pytest.approx(np.log(2.0) + np.log(0.4), abs=0.01)
    assert found.exponents[6:].max() < -30.0  # `begun`, which forgets in a step
    assert found.entropy == pytest.approx(found.exponents[0])


def test_the_largest_exponent_of_a_memory_is_that_of_its_own_tangent_vector():
    memory = ChaoticMemory(balanced_patterns(2, 12), k_r=0.5)
    found = spectrum(memory.network, count=3, steps=400, discard=600)
    assert found.exponents[0] == pytest.approx(memory.exponent(400, discard=600), abs=0.005)


def test_a_spike_that_resets_has_no_tangent():
    net = yg.Network()
    net.population("cells", 2, "lif", parameters={"bias": 0.3})
    with pytest.raises(UnsupportedError, match="a spike is a jump"):
        spectrum(net, steps=10)


def test_beside_a_homoclinic_orbit_a_unit_fires_at_once_beyond_its_fold():
    fibre = Excitability(MORRIS_LECAR_HOMOCLINIC, step=1e-4, above=0.0)
    assert fibre.verdict(-60, 0, seconds=3.0) == "homoclinic"


def test_a_unit_that_spikes_by_itself_has_its_published_rates(tmp_path):
    found = firing_rates(UNITS["izhikevich"], "bias", [3.5, 3.8, 10.0], dt=5e-5, seconds=2.0)
    assert found.hertz == pytest.approx([0.0, 5.6, 22.2], abs=0.2)
    assert found.onset == 3.8
    rates_figure([found]).savefig(tmp_path / "rates.png")
