"""The table of published numbers: its files, its rules and its verdicts."""

from __future__ import annotations

import json
import math
import textwrap
from pathlib import Path

import pytest
from click.testing import CliRunner

from yuragi import science
from yuragi.cli import cli
from yuragi.errors import DependencyError, ModelFileError, RunError
from yuragi.examining import examine_all

FAMILY = """
yuragi: 1
targets:
- id: AA-1
  model: line
  quantity: slope
  parameters: {x: 2.0}
  target: 4.0
  accept: {within: 0.1}
  short: {parameters: {x: 2.2}, accept: {within: 0.5}}
  source: Euclid
- id: AA-2
  model: line
  quantity: two values
  target: [1.0, abc]
  accept: [{at_least: 0.5}, {exact: true}]
  source: Euclid
- id: AA-3
  model: line
  quantity: shown only
  target: 7
  source: Euclid
"""


@pytest.fixture
def family(tmp_path, monkeypatch):
    """Puts the targets of a text in the place of those that are installed."""

    def install(text=FAMILY, checks="CHECKS = {}"):
        folder = tmp_path / "science_of_tests"
        folder.mkdir()
        (folder / "__init__.py").write_text("")
        (folder / "lines.yaml").write_text(text)
        (folder / "lines.py").write_text(textwrap.dedent(checks))
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.setattr(science, "_packages", lambda: ["science_of_tests"])
        monkeypatch.delitem(__import__("sys").modules, "science_of_tests", raising=False)
        monkeypatch.delitem(__import__("sys").modules, "science_of_tests.lines", raising=False)
        return Path(folder)

    return install


def row(accept, target):
    text = f"[{{id: A-1, model: m, quantity: q, target: {target}, accept: {accept}, source: s}}]"
    return f"yuragi: 1\ntargets: {text}\n"


@pytest.mark.parametrize(
    ("accept", "target", "ours", "holds"),
    [
        ("{exact: true}", 3, 3, True),
        ("{exact: true}", "abc", "abd", False),
        ("{within: 0.5}", 3.0, 3.5, True),
        ("{within: 0.5}", 3.0, 3.6, False),
        ("{relative: 0.1}", -10.0, -10.9, True),
        ("{relative: 0.1}", -10.0, -11.1, False),
        ("{factor: 2}", 1.0, 0.5, True),
        ("{factor: 2}", 1.0, 2.1, False),
        ("{factor: 2}", 1.0, 0.0, False),
        ("{between: [0, 1]}", 0.5, 1.0, True),
        ("{between: [0, 1]}", 0.5, -0.1, False),
        ("{at_least: 2}", 3, 2, True),
        ("{at_least: 2}", 3, 1.9, False),
        ("{at_most: 2}", 1, 2, True),
        ("{at_most: 2}", 1, 2.1, False),
        ("{above: 2}", 3, 2, False),
        ("{below: 2}", 1, 2, False),
        ("{below: 2}", 1, 1.9, True),
        ("{within: 0.5}", 3.0, math.nan, False),
        ("{at_least: 0.5}", 3.0, math.nan, False),
        ("{at_least: 0.5}", 3.0, "text", False),
    ],
)
def test_a_rule_accepts_what_it_says_and_nothing_else(family, accept, target, ours, holds):
    family(row(accept, target))
    (found,) = science.all_targets()
    verdict = science.examine(found, lambda: ours).verdict
    assert verdict == ("holds" if holds else "fails")


def test_a_check_gets_the_parameters_of_its_row(family):
    family()
    target = science.chosen(["AA-1"])[0]
    assert science.examine(target, lambda x: x * 2).verdict == "holds"
    assert science.examine(target, lambda x: x * 3).verdict == "fails"


def test_the_short_form_has_its_own_parameters_and_rule(family):
    family()
    target = science.chosen(["AA-1"])[0]
    found = science.examine(target, lambda x: x * 2, short=True)
    assert found.ours == (4.4,)
    assert found.verdict == "holds"


def test_every_value_of_a_row_is_judged_by_its_own_rule(family):
    family()
    target = science.chosen(["AA-2"])[0]
    assert science.examine(target, lambda: [0.6, "abc"]).verdict == "holds"
    assert science.examine(target, lambda: [0.4, "abc"]).verdict == "fails"
    assert science.examine(target, lambda: [0.6, "abd"]).verdict == "fails"
    wrong = science.examine(target, lambda: [0.6])
    assert (wrong.verdict, wrong.message) == ("fails", "1 values for 2")


def test_a_row_without_rule_is_reported_and_one_without_check_is_not_covered(family):
    family()
    target = science.chosen(["AA-3"])[0]
    assert science.examine(target, lambda: 8).verdict == "reported"
    assert science.examine(target, None).verdict == "not covered"


def test_a_check_that_raises_does_not_stop_the_table(family):
    def broken(x):
        raise RunError("no run")

    def missing(x):
        raise DependencyError("no torch")

    family()
    target = science.chosen(["AA-1"])[0]
    assert science.examine(target, broken).verdict == "fails"
    assert science.examine(target, missing).verdict == "missing"


def test_a_family_is_a_file_of_targets_and_a_module_of_the_same_name(family):
    family(checks="def double(x):\n    return 2 * x\n\nCHECKS = {'AA-1': double}\n")
    assert science.checks()["AA-1"](x=3) == 6
    assert [target.family for target in science.all_targets()] == ["lines"] * 3


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (row("{within: 1, below: 2}", 3), "expected one rule"),
        (row("{near: 1}", 3), "unknown key"),
        (row("[{below: 1}]", "[1, 2]"), "1 rules for 2"),
        (FAMILY.replace("AA-2", "AA-1"), "listed twice"),
        (FAMILY.replace("  source: Euclid\n", "", 1), "this key is missing"),
    ],
)
def test_a_wrong_file_is_refused_with_the_reason(family, text, reason):
    family(text)
    with pytest.raises(ModelFileError, match=reason):
        science.all_targets()


def test_an_unknown_name_is_refused_with_the_nearest(family):
    family()
    with pytest.raises(ModelFileError, match="did you mean 'AA-"):
        science.chosen(["AA-l"])


def test_the_table_shows_id_target_ours_and_verdict_and_ends_with_1_on_a_failure(family):
    family(checks="CHECKS = {'AA-1': lambda x: 5.0}\n")
    result = CliRunner().invoke(cli, ["science", "--jobs", "1"])
    assert result.exit_code == 1
    assert result.stdout.splitlines()[2].split()[:5] == ["AA-1", "4", "+-0.1", "5", "fails"]
    assert result.stdout.splitlines()[-1].startswith("3 targets: 1 fails, 2 not covered; ")


def test_the_table_as_json_has_a_row_for_each_target(family):
    family(checks="CHECKS = {'AA-1': lambda x: 2 * x}\n")
    result = CliRunner().invoke(cli, ["science", "AA-1", "--json"])
    assert result.exit_code == 0
    (found,) = json.loads(result.stdout)["rows"]
    assert (found["id"], found["ours"], found["verdict"]) == ("AA-1", [4.0], "holds")


def test_a_check_of_minutes_runs_only_where_it_is_asked_for(family):
    long = FAMILY.replace("  source: Euclid\n", "  long: true\n  source: Euclid\n", 1)
    family(long, checks="CHECKS = {'AA-1': lambda x: 2 * x}\n")

    def verdict(*words):
        result = CliRunner().invoke(cli, ["science", "--jobs", "1", "--json", *words])
        return json.loads(result.stdout)["rows"][0]["verdict"]

    assert verdict() == verdict("lines") == "not run"
    assert verdict("--long") == verdict("AA-1") == verdict("--short") == "holds"


def test_checks_side_by_side_find_what_one_after_the_other_finds():
    targets = science.chosen(["ACT-2", "ACT-3b"])
    alone, together = (
        {f.target.id: (f.ours, f.verdict) for f in examine_all(targets, jobs=jobs)}
        for jobs in (1, 2)
    )
    assert alone == together == {"ACT-2": ((0.0,), "holds"), "ACT-3b": ((0.025,), "holds")}


def test_an_interrupt_shows_what_was_found_so_far(family):
    family(
        checks="""
        def interrupted():
            raise KeyboardInterrupt

        CHECKS = {"AA-1": lambda x: 2 * x, "AA-2": interrupted}
        """
    )
    result = CliRunner().invoke(cli, ["science", "--jobs", "1", "--json"])
    document = json.loads(result.stdout)
    assert result.exit_code == 130
    assert document["interrupted"]
    assert [row["verdict"] for row in document["rows"]] == ["holds", "not run", "not run"]


def test_every_target_that_is_installed_names_its_source():
    targets = science.all_targets()
    assert len(targets) > 90
    assert all(target.source for target in targets)


def test_every_check_that_is_installed_belongs_to_a_target():
    assert set(science.checks()) <= {target.id for target in science.all_targets()}
