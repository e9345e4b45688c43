"""The demonstration in its short form."""

import json

import pytest
from click.testing import CliRunner

from yuragi.errors import CapacityError
from yuragi_models import demo
from yuragi_models.contest import contest
from yuragi_models.digits import digits

DIGITAL = (("cortex_m4", 1), ("desktop_cpu", 1), ("a100", 1), ("a100", 1024))


@pytest.fixture(scope="module")
def found():
    return contest(seed=0, units=80, test_size=0.1, digital=DIGITAL, hidden=(2, 8))


def test_digits_come_in_two_parts_with_pixels_from_0_to_1():
    images = digits(seed=3)
    assert images.train.shape == (1437, 8, 8)
    assert images.test.shape == (360, 8, 8)
    assert (images.train.min(), images.train.max()) == (0.0, 1.0)


def test_both_reservoirs_and_the_perceptron_on_every_machine_are_entries(found):
    names = [(entry.row.name.split(",")[0], entry.row.platform) for entry in found.entries]
    assert names == [
        ("leaky tanh reservoir", "loihi2"),
        ("chaotic reservoir", "loihi2"),
        *(("mlp 64-8-10 float32", machine) for machine, _ in DIGITAL),
    ]


def test_the_perceptron_is_matched_to_the_best_reservoir_or_says_that_it_is_not(found):
    best = max(entry.row.accuracy for entry in found.entries[:2])
    said = f"validates at {best:.2%}"
    notes = [" ".join(entry.notes) for entry in found.entries[2:]]
    reached = found.entries[2].row.accuracy >= best - 0.03
    assert all(said in note for note in notes) or reached


def test_every_entry_is_priced_with_a_band_and_an_origin(found):
    for entry in found.entries:
        row = entry.row
        for band in (row.dynamic_j, row.static_j, row.total_j, row.seconds):
            assert band is not None
            assert 0 < band.low <= band.nominal <= band.high
        assert row.includes
        assert row.basis
        assert not row.unpriced


def test_integers_cost_less_than_two_points_of_accuracy(found):
    for entry in found.entries:
        assert entry.accuracy > 0.9
        assert entry.row.accuracy == pytest.approx(entry.accuracy, abs=0.02)


def test_the_table_shows_all_that_a_reader_needs(found):
    text = demo.table(found)
    for entry in found.entries:
        assert f"  includes: {entry.row.includes}" in text
        assert f"{entry.row.accuracy:.2%}" in text
    for word in ("nominal", "low", "high", "dynamic", "static", "total", "cores"):
        assert word in text
    assert text.count("weakest origin among its constants") == len(found.entries)
    assert "a batch is answered after" in text
    assert max(map(len, text.splitlines())) <= 130


def test_stages_are_told_in_order():
    told = []
    contest(
        units=30,
        test_size=0.1,
        digital=(("cortex_m4", 1),),
        hidden=(8,),
        stage=lambda *told_now: told.append(told_now[1:]),
    )
    assert told == [(done, 5) for done in range(6)]


@pytest.fixture
def short(monkeypatch, found):
    monkeypatch.setattr(demo, "contest", lambda **_: found)


def test_the_command_prints_the_table_and_saves_the_figure(short, tmp_path):
    result = CliRunner().invoke(demo.main, ["-o", str(tmp_path / "a.png")])
    assert result.exit_code == 0
    assert result.output.endswith(f"figure: {tmp_path / 'a.png'}\n")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_json_is_one_document_on_standard_output(short, tmp_path):
    result = CliRunner().invoke(demo.main, ["--json", "-o", str(tmp_path / "a.svg")])
    document = json.loads(result.stdout)
    assert [row["platform"] for row in document["rows"]][:2] == ["loihi2", "loihi2"]
    assert {"accuracy_float", "accuracy", "total_j", "seconds"} <= document["rows"][0].keys()
    assert (tmp_path / "a.svg").read_text().startswith("<?xml")


@pytest.mark.parametrize("arguments", [["-o", "no/such/folder/a.png"], ["--seed", "-1"]])
def test_a_wrong_request_exits_with_2_before_anything_runs(arguments, monkeypatch):
    monkeypatch.setattr(demo, "contest", lambda **_: pytest.fail("it ran"))
    assert CliRunner().invoke(demo.main, arguments).exit_code == 2


def test_a_chip_that_is_too_small_exits_with_1(monkeypatch):
    def refuse(**_):
        raise CapacityError("core 3: too small")

    monkeypatch.setattr(demo, "contest", refuse)
    result = CliRunner().invoke(demo.main, [])
    assert result.exit_code == 1
    assert result.stderr == "demo: core 3: too small\n"
