"""`yuragi schema`: the JSON Schema of a model file."""

from __future__ import annotations

import json

import click

from yuragi.cli.options import examples, json_option
from yuragi.cli.output import emit
from yuragi.io.model_schema import model_json_schema

__all__ = ["command"]


@click.command("schema", epilog=examples("yuragi schema > model.schema.json"))
@json_option
def command(as_json: bool) -> None:
    """Print the JSON Schema of a model file, for editors that check YAML while it is written."""
    schema = model_json_schema()
    emit(schema, json.dumps(schema, indent=2), as_json=as_json)
