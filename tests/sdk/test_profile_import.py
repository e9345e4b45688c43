"""An architecture file of SANA-FE read as a profile, and what of it is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import yuragi as yg
from yuragi.cli import cli
from yuragi.errors import ProfileError
from yuragi.hardware import Profile

ARCHITECTURE = """\
architecture:
  name: Small Chip
  attributes:
    topology: mesh
    width: 2
    height: 2
    link_buffer_size: 16
    sync_model: table
    latency_sync: { 1: 0.6e-6, 2: 1.0e-6 }
  tile:
    - name: tile[0..3]
      attributes:
        energy_north_hop: 4.2e-12
        latency_north_hop: 6.5e-9
        energy_east_hop: 3.0e-12
        latency_east_hop: 4.1e-9
        energy_south_hop: 4.2e-12
        latency_south_hop: 6.5e-9
        energy_west_hop: 3.0e-12
        latency_west_hop: 4.1e-9
      core:
        - name: core[0..1]
          attributes:
            buffer_position: soma
            buffer_inside_unit: false
            max_neurons_supported: 64
          axon_in:
            - name: in
              attributes: {energy_message_in: 5.0e-12, latency_message_in: 16.0e-9}
          soma:
            - name: input[0..7]
              attributes: {model: input, energy_access_neuron: 0.0, latency_access_neuron: 0.0,
                energy_update_neuron: 0.0, latency_update_neuron: 0.0, energy_spike_out: 0.0,
                latency_spike_out: 0.0}
            - name: lif
              attributes:
                model: leaky_integrate_fire
                energy_access_neuron: 51.2e-12
                latency_access_neuron: 6.0e-9
                energy_update_neuron: 21.6e-12
                latency_update_neuron: 3.7e-9
                energy_spike_out: 69.3e-12
                latency_spike_out: 30.0e-9
          dendrite:
            - name: dendrites
              attributes: {model: accumulator, energy_update: 2.0e-12, latency_update: 1.0e-9}
          synapse:
            - name: dense
              attributes:
                model: current_based
                energy_process_spike: 35.5e-12
                latency_process_spike: 3.8e-9
          axon_out:
            - name: out
              attributes: {energy_message_out: 111.0e-12, latency_message_out: 5.1e-9}
"""


def load(tmp_path: Path, text: str = ARCHITECTURE) -> Profile:
    path = tmp_path / "arch.yaml"
    path.write_text(text)
    return yg.profile(path)


def test_an_architecture_becomes_a_profile_with_its_structure(tmp_path: Path) -> None:
    profile = load(tmp_path)
    assert profile.name == "small_chip"
    assert (profile.structure.tiles, profile.structure.cores) == (4, 8)
    assert profile.structure.mesh == (2, 2)
    assert profile.limit("units_per_core") == 64
    assert (profile.dynamics, profile.numbers) == ("any", None)


def test_each_unit_is_priced_where_its_events_are_counted(tmp_path: Path) -> None:
    energy = {name: c.value for name, c in load(tmp_path).energy.items()}
    expected = {
        "synaptic_events": 37.5e-12,
        "active_updates": 72.8e-12,
        "inactive_updates": 51.2e-12,
        "spikes": 69.3e-12,
        "messages": 116e-12,
        "hops_x": 3.0e-12,
        "hops_y": 4.2e-12,
    }
    assert energy == pytest.approx(expected, rel=1e-12)


def test_a_dendrite_behind_the_buffer_is_paid_by_every_neuron(tmp_path: Path) -> None:
    text = ARCHITECTURE.replace("buffer_position: soma", "buffer_position: dendrite")
    profile = load(tmp_path, text)
    assert profile.energy_of("synaptic_events").value == pytest.approx(35.5e-12)
    assert profile.energy_of("inactive_updates").value == pytest.approx(53.2e-12)


def test_the_barrier_goes_by_the_tiles_of_the_table(tmp_path: Path) -> None:
    latency = load(tmp_path).latency
    assert latency["barrier_from_1_tiles"].value == pytest.approx(0.6e-6)
    assert latency["barrier_from_2_tiles"].value == pytest.approx(1.0e-6)


def test_a_fixed_barrier_is_paid_in_every_step(tmp_path: Path) -> None:
    text = ARCHITECTURE.replace("table", "fixed").replace("{ 1: 0.6e-6, 2: 1.0e-6 }", "0.2e-6")
    assert load(tmp_path, text).latency_of("step_overhead").value == pytest.approx(0.2e-6)


def test_hops_that_differ_by_direction_become_a_band(tmp_path: Path) -> None:
    text = ARCHITECTURE.replace("energy_east_hop: 3.0e-12", "energy_east_hop: 5.0e-12")
    hops = load(tmp_path, text).energy_of("hops_x")
    assert (hops.low, hops.value, hops.high) == pytest.approx((3e-12, 4e-12, 5e-12))
    assert "directions" in hops.note


def test_a_price_that_the_file_leaves_out_stays_unpriced(tmp_path: Path) -> None:
    text = ARCHITECTURE.replace("                energy_spike_out: 69.3e-12\n", "")
    assert "spikes" not in load(tmp_path, text).energy


def test_imported_constants_say_that_their_origin_is_unknown(tmp_path: Path) -> None:
    profile = load(tmp_path)
    assert {c.basis for c in profile.energy.values()} == {"assumed"}
    assert "Small Chip" in profile.sources["architecture"]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("    width: 2", "    colour: 2", "colour: unknown key"),
        ("architecture:", "network:", "line 1, network: a network of SANA-FE"),
        ("topology: mesh", "topology: ring", "line 4, architecture.attributes.topology"),
        (
            "model: accumulator,",
            "model: accumulator, plugin: x.so,",
            "plugin: a plugin's own costs",
        ),
        ("model: current_based", "model: current_based\n                noise: n", "unknown key"),
        ("model: leaky_integrate_fire", "model: hodgkin_huxley", "line 37, .*model"),
        (
            "model: leaky_integrate_fire",
            "model: leaky_integrate_fire\n                noise: n.csv",
            "line 38, .*noise: a noise stream is not read",
        ),
        ("            energy_message_in", "            energy_in", "energy_message_in"),
        ("energy_message_in: 5.0e-12, ", "", "line 29, .*energy_message_in: this key is missing"),
        ("energy_north_hop: 4.2e-12", "energy_north_hop: -4.2e-12", "line 13"),
        ("tile[0..3]", "tile[0..2]", "line 3, .*3 tiles do not fill whole columns of height 2"),
        ("tile[0..3]", "tile[3..0]", r"line 11, .*expected name or name\[first..last\]"),
        ("buffer_position: soma", "buffer_position: axon_out", "line 24, .*buffer_position"),
        ("{ 1: 0.6e-6, 2", "{ 2: 0.6e-6, 3", "does not say what 1 tile takes"),
        ("{ 1: 0.6e-6, 2: 1.0e-6 }", "1.0e-6", "line 9, .*table needs a table"),
        ("sync_model: table", "sync_model: fixed", "line 9, .*needs sync_model: table"),
        (
            "model: accumulator,",
            "model: accumulator, update_every_timestep: true,",
            "no price here",
        ),
    ],
)
def test_what_is_not_read_is_refused_by_name_and_line(
    tmp_path: Path, old: str, new: str, reason: str
) -> None:
    if old.startswith("            energy_message_in"):
        old, new = "energy_message_in:", "energy_in:"
    assert old in ARCHITECTURE
    with pytest.raises(ProfileError, match=rf"arch\.yaml, {reason}|arch\.yaml.*{reason}"):
        load(tmp_path, ARCHITECTURE.replace(old, new, 1))


def test_tiles_beyond_the_stated_width_are_more_columns(tmp_path: Path) -> None:
    """As SANA-FE 2.2.9 counts their hops, and as its loihi_large.yaml has them."""
    profile = load(tmp_path, ARCHITECTURE.replace("tile[0..3]", "tile[0..7]"))
    assert profile.structure.mesh == (4, 2)
    assert any("4 columns; the file states 2" in note for note in profile.notes)


def second_tile(change: tuple[str, str]) -> str:
    """The file with a tile of its own beside the first three."""
    start = ARCHITECTURE.index("    - name: tile")
    tile = ARCHITECTURE[start:].replace("tile[0..3]", "other")
    return ARCHITECTURE.replace("tile[0..3]", "tile[0..2]") + tile.replace(*change)


def test_equal_tiles_may_be_written_one_by_one(tmp_path: Path) -> None:
    assert load(tmp_path, second_tile(("", ""))).structure.tiles == 4


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("energy_north_hop: 4.2e-12", "energy_north_hop: 1e-12"), "tiles of different costs"),
        (
            ("energy_process_spike: 35.5e-12", "energy_process_spike: 1e-12"),
            "differs from the first",
        ),
        (("core[0..1]", "core[0..2]"), "3 cores, the first has 2"),
    ],
)
def test_unequal_tiles_and_cores_are_refused(
    tmp_path: Path, change: tuple[str, str], reason: str
) -> None:
    with pytest.raises(ProfileError, match=reason):
        load(tmp_path, second_tile(change))


def test_the_command_writes_a_profile_that_loads_the_same(tmp_path: Path) -> None:
    profile = load(tmp_path)
    out = tmp_path / "mine.yaml"
    call = ["profiles", "import", str(tmp_path / "arch.yaml"), "-o", str(out), "--json"]
    done = CliRunner().invoke(cli, call)
    assert done.exit_code == 0, done.output
    assert json.loads(done.output)["profile"] == "small_chip"
    found = yg.profile(out)
    assert (found.energy, found.latency) == (profile.energy, profile.latency)
    assert (found.activity, found.timing) == ("state", "two_sided")
    again = CliRunner().invoke(cli, call)
    assert again.exit_code == 2


def test_the_command_shows_the_sets_of_constants() -> None:
    done = CliRunner().invoke(cli, ["profiles", "show", "loihi", "--constants", "sanafe", "--json"])
    shown = json.loads(done.output)
    assert shown["constant_set"] == "sanafe"
    assert list(shown["constant_sets"]) == ["davies2018", "sanafe"]
    text = CliRunner().invoke(cli, ["profiles", "show", "loihi"]).output
    assert "constants davies2018 (shown here)" in text
    assert "yuragi profiles show loihi:sanafe" in text
