"""YAML files as plain data, with the line of every field.

A file from a stranger may be opened: its size is checked before it is read, and anchors, aliases,
foreign tags, duplicate keys and deep nesting are refused, so reading costs no more than its size.
Plain words follow the YAML 1.2 core schema: `on`, `no` and `1:30` are texts and `1e-3` is a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

import yaml

from yuragi.errors import ModelFileError, YuragiError

__all__ = ["Document", "Field", "Plain", "field_name", "read_yaml"]

Field: TypeAlias = tuple[str | int, ...]
Plain: TypeAlias = "bool | int | float | str | list[Plain] | dict[str, Plain] | None"

_DEEPEST = 50
_CORE = "tag:yaml.org,2002:"
_NULL = re.compile(r"|~|null|Null|NULL")
_TRUE = re.compile(r"true|True|TRUE")
_FALSE = re.compile(r"false|False|FALSE")
_INT = re.compile(r"[-+]?[0-9]{1,40}|0o[0-7]{1,40}|0x[0-9a-fA-F]{1,40}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]{1,40}|[0-9]{1,40}(\.[0-9]{0,40})?)([eE][-+]?[0-9]{1,4})?")
_SPECIAL = re.compile(r"([-+]?)\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One file, read.

    data: dicts, lists, texts, numbers, truth values and None.
    lines: the line of each field, counted from 1; a field is a tuple of keys and indices.
    path: the file as messages name it.
    """

    data: Plain
    lines: Mapping[Field, int]
    path: str

    def line(self, field: Field) -> int:
        """The line of a field, or of the nearest one around it that the file has."""
        for length in range(len(field), 0, -1):
            if field[:length] in self.lines:
                return self.lines[field[:length]]
        return self.lines.get((), 1)

    def where(self, field: Field) -> str:
        """Name a place: "file, line 12, energy.synaptic_events.value"."""
        name = field_name(field)
        return f"{self.path}, line {self.line(field)}" + (f", {name}" if name else "")


def field_name(field: Field) -> str:
    """Write a field as people do: ("probes", 2, "every") is "probes[2].every"."""
    text = ""
    for part in field:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def read_yaml(
    path: str | Path,
    *,
    max_bytes: int = 1 << 20,
    error: type[YuragiError] = ModelFileError,
    shown: str | None = None,
    number_keys: bool = False,
) -> Document:
    """Read one YAML file.

        max_bytes: the largest file that is opened.
        error: the class of every error raised here.
        shown: the file's name in messages; by default the path.
        number_keys: read a key that is a whole number as its text, 1 as "1"; refused otherwise.

    Errors: `error` with file, line and reason.
    """
    name = shown or str(path)
    text = _text(Path(path), name, max_bytes, error)
    builder = _Builder(name, error, number_keys=number_keys)
    try:
        data = builder.document(yaml.parse(text, Loader=yaml.CSafeLoader))
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        line = mark.line + 1 if mark else 1
        raise error(f"{name}, line {line}: {problem.problem or problem.context}") from None
    except yaml.YAMLError as problem:
        raise error(f"{name}: {problem}") from None
    return Document(data=data, lines=MappingProxyType(builder.lines), path=name)


def _text(path: Path, name: str, max_bytes: int, error: type[YuragiError]) -> str:
    try:
        if not path.is_file():
            raise error(f"{name}: there is no such file")
        size = path.stat().st_size
        if size > max_bytes:
            raise error(f"{name}: {size:,} bytes, at most {max_bytes:,} are read")
        with path.open("rb") as stream:
            content = stream.read(max_bytes + 1)
    except OSError as problem:
        raise error(f"{name}: {problem.strerror or problem}") from None
    if len(content) > max_bytes:
        raise error(f"{name}: grew beyond {max_bytes:,} bytes while it was read")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
        raise error(f"{name}, line {line}: not UTF-8 text") from None


class _Builder:
    """Turns a stream of YAML events into plain data."""

    def __init__(self, name: str, error: type[YuragiError], *, number_keys: bool) -> None:
        self.lines: dict[Field, int] = {}
        self._name = name
        self._error = error
        self._number_keys = number_keys

    def document(self, events: Iterator[yaml.Event]) -> Plain:
        data: Plain = None
        documents = 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise self._refused(event, "a second document; one file holds one")
                data = self._node(next(events), events, ())
        return data

    def _node(self, event: yaml.Event, events: Iterator[yaml.Event], field: Field) -> Plain:
        if isinstance(event, yaml.AliasEvent):
            raise self._refused(event, "aliases are not read; write the value again")
        if getattr(event, "anchor", None) is not None:
            raise self._refused(event, "anchors are not read; write the value where it is used")
        if len(field) > _DEEPEST:
            raise self._refused(event, f"nested deeper than {_DEEPEST} levels")
        self.lines.setdefault(field, _line(event))
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event)
        if isinstance(event, yaml.SequenceStartEvent):
            self._check_tag(event, event.tag, "seq")
            return self._sequence(event, events, field)
        self._check_tag(event, getattr(event, "tag", None), "map")
        return self._mapping(events, field)

    def _sequence(
        self, start: yaml.SequenceStartEvent, events: Iterator[yaml.Event], field: Field
    ) -> Plain:
        items: list[Plain] = []
        for event in events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            if start.flow_style and isinstance(event, yaml.ScalarEvent) and not event.anchor:
                # A matrix written in one field: the line of the whole is near enough.
                items.append(self._scalar(event))
            else:
                items.append(self._node(event, events, (*field, len(items))))
        return items

    def _mapping(self, events: Iterator[yaml.Event], field: Field) -> Plain:
        entries: dict[str, Plain] = {}
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key = self._key(event)
            if key in entries:
                raise self._refused(event, f"the key {key!r} is written twice")
            self.lines[(*field, key)] = _line(event)
            entries[key] = self._node(next(events), events, (*field, key))
        return entries

    def _key(self, event: yaml.Event) -> str:
        if isinstance(event, yaml.ScalarEvent) and event.anchor is None:
            key = self._scalar(event)
            if isinstance(key, str):
                return key
            if self._number_keys and type(key) is int:
                return str(key)
            raise self._refused(event, f'a key must be a text; write "{event.value}"')
        raise self._refused(event, "a key must be a plain text")

    def _scalar(self, event: yaml.ScalarEvent) -> Plain:
        value: Plain = event.value
        if event.implicit[0]:
            value = _resolved(event.value)
        elif event.tag not in (None, "!", f"{_CORE}str"):
            value = _resolved(event.value)
            self._check_tag(event, event.tag, _KINDS[type(value)])
        return value

    def _check_tag(self, event: yaml.Event, tag: str | None, kind: str) -> None:
        if tag is not None and tag != f"{_CORE}{kind}":
            raise self._refused(event, f"the tag {tag!r} is not read")

    def _refused(self, event: yaml.Event, reason: str) -> YuragiError:
        return self._error(f"{self._name}, line {_line(event)}: {reason}")


_KINDS = {type(None): "null", bool: "bool", int: "int", float: "float", str: "str"}


def _line(event: yaml.Event) -> int:
    return 1 if event.start_mark is None else event.start_mark.line + 1


def _resolved(text: str) -> Plain:
    """A plain word under the YAML 1.2 core schema."""
    if _NULL.fullmatch(text):
        return None
    if _TRUE.fullmatch(text) or _FALSE.fullmatch(text):
        return text[0] in "tT"
    if _INT.fullmatch(text):
        return int(text, 8 if text.startswith("0o") else 16 if text.startswith("0x") else 10)
    if _FLOAT.fullmatch(text):
        return float(text)
    special = _SPECIAL.fullmatch(text)
    if special:
        return float(f"{special[1] or ''}{'inf' if special[2] else 'nan'}")
    return text
