"""YAML model files: what they say, and what is refused with file, line and field."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import jsonschema
import numpy as np
import pytest

import yuragi as yg
from yuragi import documents, memory
from yuragi.errors import ModelFileError
from yuragi.io.model_file import load_model
from yuragi.io.model_schema import model_json_schema

ROOT = Path(__file__).resolve().parents[2]

EXAMPLE = """\
yuragi: 1                         # format version
seed: 0
network:
  populations:
    memory:
      size: 4
      dynamics:
        name: leaky
        equations: |
          y(t+1) = k*y + feedback
          x = tanh(y)
        ports: [feedback]
        output: x
        parameters: {k: 0.9}
      parameters: {k: 0.95}
      initial: {y: [0.1, 0.2, 0.3, 0.4]}
    readout:
      size: 2
      dynamics:
        equations: |
          v(t+1) = 0.9*v + i
        ports: [i]
        threshold: v > 1
        reset: v = 0
  projections:
    - {from: memory, to: memory, port: feedback, weights: {hebbian: patterns.npy}}
    - {from: memory, to: readout, port: i, weights: w_out.npy, delay: 1}
  stimulus:
    - {to: memory, port: feedback, values: input.npy}
  probes: [memory.x, readout.spikes, {probe: memory.y, every: 10}]
run: {steps: 1000, trials: 2, dt: 1 ms, backend: chip, profile: loihi2}
"""

SMALL = """\
yuragi: 1
network:
  populations:
    a: {size: 4, dynamics: &dynamics}
    b: {size: 4, dynamics: &dynamics}
  projections:
    - {from: a, to: b, weights: &weights}
"""
CELL = '{equations: "v(t+1) = 0.5*v + i", ports: [i], output: v}'

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    (tmp_path / "model").mkdir()

    def writer(text: str, **arrays: object) -> Path:
        path = tmp_path / "model" / "model.yaml"
        path.write_text(text)
        for name, array in arrays.items():
            np.save(path.with_name(f"{name}.npy"), np.asarray(array))
        return path

    return writer


def small(weights: str, dynamics: str = CELL) -> str:
    return SMALL.replace("&weights", weights).replace("&dynamics", dynamics)


PATTERNS = np.array([[1, -1, 1, -1], [1, 1, -1, -1]])
W_OUT = np.arange(8.0).reshape(2, 4)


@pytest.fixture
def example(write: Write) -> Path:
    return write(EXAMPLE, patterns=PATTERNS, w_out=W_OUT, input=np.ones((5, 4)))


def test_the_example_becomes_the_network_it_describes(example: Path) -> None:
    graph = yg.load(example).graph()
    memory, readout = graph.nodes
    assert (memory.name, memory.size, memory.dynamics.name) == ("memory", 4, "leaky")
    assert memory.parameters["k"] == 0.95
    assert memory.initial["y"].tolist() == [0.1, 0.2, 0.3, 0.4]
    assert (readout.size, readout.dynamics.name) == (2, "readout")
    assert graph.edges[0].weights.csr().toarray() == pytest.approx(
        yg.hebbian(PATTERNS).csr().toarray()
    )
    assert graph.edges[1].weights.csr().toarray().tolist() == W_OUT.tolist()
    assert graph.stimuli[0].values.tolist() == np.ones((5, 4)).tolist()
    assert [(p.node, p.variable, p.every) for p in graph.probes] == [
        ("memory", "x", 1),
        ("readout", "spikes", 1),
        ("memory", "y", 10),
    ]


def test_the_run_settings_are_read_with_their_units(example: Path) -> None:
    model = load_model(example)
    run = model.run
    assert (run.steps, run.trials, run.backend, run.profile) == (1000, 2, "chip", "loihi2")
    assert run.dt == model.network.graph().dt == 1e-3


def test_the_port_may_be_left_out_where_there_is_one(write: Write) -> None:
    assert yg.load(write(small("0.5"))).graph().edges[0].port == "i"


def test_inputs_are_relays_of_the_same_step(write: Write) -> None:
    text = small("1.0").replace(
        "  projections:", "  inputs:\n    drive: {size: 4, values: [[1, 0, 2, 0]]}\n  projections:"
    )
    graph = yg.load(write(text)).graph()
    assert graph.nodes[0].name == "drive"
    assert graph.stimuli[0].values.tolist() == [[1, 0, 2, 0]]


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ("0.5", np.full((4, 4), 0.5)),
        ("[[1, 2, 3, 4], [5, 6, 7, 8], [0, 0, 0, 1], [1, 1, 1, 1]]",
         [[1, 2, 3, 4], [5, 6, 7, 8], [0, 0, 0, 1], [1, 1, 1, 1]]),
        ("{ring: 0.9}", yg.ring(4, 0.9).csr().toarray()),
        ("{one_to_one: 2}", 2 * np.eye(4)),
        ("{hebbian: [[1, -1, 1, -1]]}", yg.hebbian([[1, -1, 1, -1]]).csr().toarray()),
        ("{random: {density: 0.5, seed: 3}}",
         yg.random(4, 4, density=0.5, seed=3).csr().toarray()),
        ("{random: {inputs: 2, low: 0, high: 9, seed: 3}}",
         yg.random(4, 4, inputs=2, low=0, high=9, seed=3).csr().toarray()),
        ("{random: {radius: 0.9, seed: 3}}", yg.random(4, 4, radius=0.9, seed=3).csr().toarray()),
    ],
)  # fmt: skip
def test_weights_come_from_numbers_lists_and_rules(
    write: Write, weights: str, expected: np.ndarray
) -> None:
    found = yg.load(write(small(weights))).graph().edges[0].weights.csr().toarray()
    assert np.array_equal(found, np.asarray(expected))


def test_random_weights_without_a_seed_follow_the_seed_of_the_model(write: Write) -> None:
    path = write(small("{random: {density: 0.5}}"))
    one, again, other = (
        load_model(path, seed=seed).network.graph().edges[0].weights.csr().toarray()
        for seed in (1, 1, 2)
    )
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_delays_may_differ_from_weight_to_weight(write: Write) -> None:
    text = small("1.0, delay: [[1, 1, 1, 1], [2, 2, 2, 2], [1, 1, 1, 1], [1, 1, 1, 1]]")
    assert sorted(edge.delay for edge in yg.load(write(text)).graph().edges) == [1, 2]


def test_a_unit_model_of_the_zoo_is_known_by_name(write: Write) -> None:
    graph = yg.load(write(small("1.0, port: feedback", "chaotic_neuron"))).graph()
    assert graph.nodes[0].dynamics.name == "chaotic_neuron"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("size: 4", "sise: 4", r"line 6, network\.populations\.memory\.sise: unknown key; "
                               "did you mean 'size'"),
        ("seed: 0", "sed: 0", r"line 2, sed: unknown key; did you mean 'seed'"),
        ("delay: 1", "delai: 1", r"projections\[1\]\.delai: unknown key; did you mean 'delay'"),
        ("threshold:", "treshold:", r"readout\.dynamics\.treshold: .*did you mean 'threshold'"),
        ("hebbian:", "hebian:", r"weights\.hebian: unknown key; did you mean 'hebbian'"),
        ("steps:", "step:", r"line 31, run\.step: unknown key; did you mean 'steps'"),
        ("every: 10", "evry: 10", r"probes\[2\]\.evry: unknown key; did you mean 'every'"),
        ("size: 4", "size: -4", r"line 6, network\.populations\.memory\.size: .*greater than"),
        ("size: 4", "size: four", r"line 6, network\.populations\.memory\.size: .*integer"),
        ("size: 4", "size: 4.0", r"line 6, network\.populations\.memory\.size: .*integer"),
        ("size: 4", "size: true", r"line 6, network\.populations\.memory\.size: .*integer"),
        ("size: 4", "size: 99999999999", r"populations\.memory\.size: .*less than"),
        ("yuragi: 1", "yuragi: 2", r"line 1, yuragi: Input should be 1"),
        ("dt: 1 ms", "dt: 1 mV", r"line 31, run\.dt: '1 mV': mV is not a unit of second"),
        ("dt: 1 ms", "dt: 0.001", r"run\.dt: expected a time with its unit such as"),
        ("dt: 1 ms", "dt: -1 ms", r"run\.dt: .*greater than 0"),
        ("profile: loihi2", "profile: ../x", r"run\.profile: "),
        ("from: memory, to: readout", "from: memroy, to: readout",
         r"line 27, network\.projections\[1\]: no population 'memroy'; there are memory, readout"),
        ("port: i,", "port: j,", r"projections\[1\]: no port 'j'; readout has i"),
        ("k*y", "__import__('os')", r"line 7, .*memory\.dynamics: leaky: equations, line 1"),
        ("{k: 0.95}", "{q: 0.95}", r"populations\.memory: memory: no parameter 'q'; there are k"),
        ("{k: 0.95}", "{k: [1, 2]}", r"parameter k has shape \(2,\), expected \(\) or \(4,\)"),
        ("{k: 0.95}", "{k: high}", r"parameters\.k: 'high': expected the name of a \.npy file"),
        ("{k: 0.95}", "{k: true}", r"parameters\.k: expected a number, a list of numbers"),
        ("memory.x,", "memory.q,", r"probe memory\.q: there are y, x"),
        ("memory.x,", "memory,", r"network\.probes\[0\]: 'memory': expected population\.variable"),
        ("{hebbian: patterns.npy}", "{hebbian: patterns.npy, ring: 1}", "exactly one rule"),
        ("{hebbian: patterns.npy}", "{}", "expected exactly one rule"),
        ("{hebbian: patterns.npy}", "true", "expected a number, a list of numbers"),
        ("{hebbian: patterns.npy}", "[[1, 2], [3]]", "expected rows of the same length"),
        ("{hebbian: patterns.npy}", "[[1, x], [3, 4]]", "expected a list of numbers"),
        ("{hebbian: patterns.npy}", "none.npy", r"none\.npy: there is no such file"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_file_line_and_field(
    example: Path, old: str, new: str, message: str
) -> None:
    text = example.read_text()
    assert old in text
    example.write_text(text.replace(old, new, 1))
    with pytest.raises(ModelFileError, match=message) as caught:
        load_model(example)
    assert str(example) in str(caught.value) or "none.npy" in str(caught.value)


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "../secret.npy",
        "/etc/passwd.npy",
        "sub/../../secret.npy",
        "..\\\\secret.npy",
        "C:secret.npy",
        "link.npy",
        "folder/secret.npy",
    ],
)
def test_a_file_outside_the_folder_of_the_model_is_never_opened(write: Write, name: str) -> None:
    path = write(small(f'"{name}"'))
    np.save(path.parent.parent / "secret.npy", np.full((4, 4), 42.0))
    path.with_name("link.npy").symlink_to(path.parent.parent / "secret.npy")
    path.with_name("folder").symlink_to(path.parent.parent)
    with pytest.raises(ModelFileError, match=r"\.npy file|own folder"):
        load_model(path)


def test_a_file_in_a_folder_below_the_model_is_read(write: Write) -> None:
    path = write(small("data/w.npy"))
    path.with_name("data").mkdir()
    np.save(path.with_name("data") / "w.npy", np.full((4, 4), 42.0))
    assert yg.load(path).graph().edges[0].weights.csr()[0, 0] == 42.0


def test_a_pickled_array_is_refused(write: Write) -> None:
    path = write(small("w.npy"))
    np.save(path.with_name("w.npy"), np.array([print], dtype=object), allow_pickle=True)
    with pytest.raises(ModelFileError, match=r"w\.npy: not an array of numbers"):
        load_model(path)


def test_ten_megabytes_of_yaml_are_not_read(write: Write) -> None:
    path = write("yuragi: 1\n" + "# padding\n" * 10**6)
    with pytest.raises(ModelFileError, match="10,000,010 bytes, at most 1,048,576 are read"):
        load_model(path)


def test_aliases_are_refused(write: Write) -> None:
    bomb = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"
    with pytest.raises(ModelFileError, match="line 1: anchors are not read"):
        load_model(write(bomb))


@pytest.mark.parametrize(
    ("size", "weights", "what"),
    [
        (2**31 - 1, "{one_to_one: 1}", "network"),
        (10**6, "1.0", "a -> b takes about 14.6 TiB"),
        (10**6, "{random: {density: 0.5}}", "a -> b takes about"),
        (10**5, "1.0, delay: 1000000", "the state of a takes about"),
    ],
)
def test_a_network_beyond_the_memory_is_refused_before_it_is_built(
    write: Write, monkeypatch: pytest.MonkeyPatch, size: int, weights: str, what: str
) -> None:
    monkeypatch.setattr(memory, "physical_memory", lambda: 2**35)
    path = write(small(weights).replace("size: 4", f"size: {size}"))
    with pytest.raises(ModelFileError, match=re.escape(what)) as caught:
        load_model(path)
    assert "of this machine's memory may be used" in str(caught.value)
    assert re.search(
        r"line \d, network\.(populations\.[ab]\.size|projections\[0\])", str(caught.value)
    )


def test_patterns_of_a_million_units_are_refused_before_their_product(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "physical_memory", lambda: 2**35)
    path = write(small("{hebbian: p.npy}"), p=np.ones((1, 10**6), dtype=np.int8))
    with pytest.raises(ModelFileError, match=r"a -> b takes about 21\.8 TiB"):
        load_model(path)


def test_an_unknown_kind_of_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.json").write_text("{}")
    with pytest.raises(ModelFileError, match=r"expected a \.yg folder, \.yaml or \.nir"):
        yg.load(tmp_path / "model.json")


def test_the_json_schema_in_the_docs_is_current() -> None:
    written = json.loads((ROOT / "docs" / "model.schema.json").read_text())
    assert written == model_json_schema(), "run: yuragi schema > docs/model.schema.json"


def test_the_example_validates_against_the_json_schema(example: Path) -> None:
    validator = jsonschema.Draft202012Validator(model_json_schema())
    validator.check_schema(validator.schema)
    data = documents.read_yaml(example).data
    validator.validate(data)
    assert isinstance(data, dict)
    assert not validator.is_valid(data | {"sede": 1})


def test_every_model_file_in_the_readme_validates(tmp_path: Path) -> None:
    blocks = re.findall(r"```yaml\n(yuragi: 1.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    if not blocks:
        pytest.skip("the README shows no model file yet")
    for block in blocks:
        path = tmp_path / "readme.yaml"
        path.write_text(block)
        jsonschema.Draft202012Validator(model_json_schema()).validate(
            documents.read_yaml(path).data
        )
