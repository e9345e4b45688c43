"""Plain data as YAML text that `yuragi.documents` reads back the same."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

__all__ = ["yaml_text"]

# Words that no reader takes for a number; PyYAML itself quotes null, true, on and the like.
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./ >()-]*")


class _Writer(yaml.SafeDumper):
    """Floats to the last bit, block texts, no anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        del data
        return True


def _text(writer: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    tag = "tag:yaml.org,2002:str"
    if "\n" in text:
        return writer.represent_scalar(tag, text, style="|")
    return writer.represent_scalar(tag, text, style=None if _PLAIN.fullmatch(text) else '"')


def _list(writer: yaml.SafeDumper, items: Sequence[object]) -> yaml.SequenceNode:
    short = all(not isinstance(item, (Mapping, list)) for item in items)
    return writer.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=short)


_Writer.add_representer(str, _text)
_Writer.add_representer(list, _list)


def yaml_text(data: Mapping[str, object]) -> str:
    """The YAML text of dicts, lists, texts, numbers, truth values and None.

    >>> print(yaml_text({"name": "cells", "version": "0.10", "dt": 1e-3}), end="")
    name: cells
    version: "0.10"
    dt: 0.001
    """
    return yaml.dump(
        data,
        Dumper=_Writer,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=False,
        width=100,
    )
