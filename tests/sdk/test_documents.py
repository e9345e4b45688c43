"""YAML files: plain data, lines, and what is refused."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yuragi.documents import Document, read_yaml
from yuragi.errors import ModelFileError, ProfileError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.yaml"


def read(path: Path, text: str | bytes) -> Document:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_yaml(path, shown="model.yaml")


def test_plain_words_follow_the_core_schema(path: Path) -> None:
    text = (
        "{a: on, b: no, c: 1:30, d: 1e-3, e: 0x10, f: true, g: ~, h: 2024-01-01, i: '7', j: .inf}"
    )
    assert read(path, text).data == {
        "a": "on",
        "b": "no",
        "c": "1:30",
        "d": 1e-3,
        "e": 16,
        "f": True,
        "g": None,
        "h": "2024-01-01",
        "i": "7",
        "j": float("inf"),
    }


def test_core_tags_are_read(path: Path) -> None:
    assert read(path, "{a: !!str 3, b: !!int 3}").data == {"a": "3", "b": 3}


def test_an_empty_file_is_none(path: Path) -> None:
    assert read(path, "").data is None


def test_a_field_is_named_by_file_line_and_path(path: Path) -> None:
    document = read(path, "a:\n  b:\n    - x\n    - c: 1\n")
    assert document.where(("a", "b", 1, "c")) == "model.yaml, line 4, a.b[1].c"


def test_a_missing_field_is_placed_at_what_surrounds_it(path: Path) -> None:
    document = read(path, "z: 1\na:\n  b: 1\n")
    assert document.where(("a", "c", "d")) == "model.yaml, line 2, a.c.d"


def test_a_matrix_in_flow_style_keeps_one_line_for_each_row(path: Path) -> None:
    document = read(path, "w:\n  - [1, 2]\n  - [3, 4]\n")
    assert document.data == {"w": [[1, 2], [3, 4]]}
    assert document.line(("w", 1, 0)) == 3


BOMB = "a: &a [x, x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [*{chr(97 + i)}, *{chr(97 + i)}]\n" for i in range(20)
)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: 1\nb: 2\na: 3\n", "line 3: the key 'a' is written twice"),
        ("a: 1\nb: *a\n", "line 2: aliases are not read"),
        (BOMB, "line 1: anchors are not read"),
        ("a: [&x 1]", "line 1: anchors are not read"),
        ("&x a: 1", "a key must be a plain text"),
        ("a: !!python/object/apply:os.system [ls]", "tag 'tag:yaml.org,2002:python/.* is not read"),
        ("a: !include x", "the tag '!include' is not read"),
        ("a: !!float 3", "the tag .* is not read"),
        ("!!set {a, b}", "the tag .* is not read"),
        ("1: x", 'a key must be a text; write "1"'),
        ("? [a, b]\n: x", "a key must be a plain text"),
        ("a: 1\n---\nb: 1\n", "line 2: a second document"),
        ("[" * 60 + "]" * 60, "nested deeper than 50"),
        ("[" * 100_000, "."),
        ("a: [1, 2", "line 2: "),
        ("a: 'x\n", "line 2: "),
        (b"a: 1\nb: \xff\n", "line 2: not UTF-8"),
        (b"a: \x00\n", "model.yaml"),
    ],
)
def test_what_is_not_plain_yaml_is_refused_with_its_line(
    path: Path, text: str | bytes, reason: str
) -> None:
    with pytest.raises(ModelFileError, match=reason):
        read(path, text)


def test_an_oversized_file_is_refused_before_it_is_read(path: Path) -> None:
    path.write_text("a: " + "x" * 100)
    with pytest.raises(ProfileError, match="103 bytes, at most 64 are read"):
        read_yaml(path, max_bytes=64, error=ProfileError)


def test_a_missing_file_is_refused_by_name(path: Path) -> None:
    with pytest.raises(ModelFileError, match="no such file"):
        read_yaml(path)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="no such file"):
        read_yaml(tmp_path)


def test_a_device_is_no_file() -> None:
    with pytest.raises(ModelFileError, match="no such file"):
        read_yaml("/dev/zero")


@given(text=st.text(max_size=60))
@settings(max_examples=200)
def test_any_text_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    with contextlib.suppress(ModelFileError):
        assert read_yaml(path).line(()) >= 1
