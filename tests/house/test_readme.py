"""Every Python and YAML example of the README runs, and `pycon` shows what really comes out."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(r"```(python|yaml)\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)


@pytest.mark.parametrize(
    "code", [text for kind, text in BLOCKS if kind == "python"], ids=lambda text: text[:40]
)
def test_a_python_example_of_the_readme_runs(code, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "README.md", "exec"), {"__name__": "readme"})  # noqa: S102


@pytest.mark.parametrize(
    "text", [text for kind, text in BLOCKS if kind == "yaml"], ids=lambda text: text[:40]
)
def test_a_yaml_example_of_the_readme_runs(text, tmp_path):
    from yuragi.backend import compile as compile_network
    from yuragi.io.model_file import load_model

    path = tmp_path / "model.yaml"
    path.write_text(text)
    model = load_model(path)
    program = compile_network(model.network)
    assert program.run(steps=5).steps == 5


def test_the_readme_has_examples_of_both_kinds():
    assert {kind for kind, _ in BLOCKS} == {"python", "yaml"}
