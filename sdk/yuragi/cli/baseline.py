"""`yuragi baseline`: what a digital network computes, and costs on digital machines."""

from __future__ import annotations

from dataclasses import replace

import click

from yuragi import hardware
from yuragi.cli.explaining import emit_explained, explain_option
from yuragi.cli.networks import network_of, shape_of, size_of
from yuragi.cli.options import examples, json_option
from yuragi.cli.output import emit, table
from yuragi.power import DigitalReport, Workload, price
from yuragi.power.digital_origins import digital_traces
from yuragi.units import engineering

__all__ = ["command"]


def _batches(text: str) -> list[int]:
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() and 0 < int(part) < 1 << 31 for part in parts):
        raise click.BadParameter(f"{text!r}: expected sizes above 0 with commas between")
    return [int(part) for part in parts]


@click.command(
    "baseline",
    epilog=examples(
        "yuragi baseline mlp:64-100-10",
        "yuragi baseline resnet18.onnx --profiles jetson_orin_nano,a100 --batch 1,64",
        "yuragi baseline bert.onnx --size sequence=128 --layers",
    ),
)
@click.argument("network", metavar="FILE.onnx|mlp:SIZES")
@click.option("--profiles", help="Digital machines, with commas between; by default all.")
@click.option("--batch", "batches", type=_batches, default="1", help="Sizes, e.g. 1,64.")
@click.option(
    "--size", "sizes", type=size_of, multiple=True, metavar="NAME=N", help="Of a named dimension."
)
@click.option(
    "--input", "inputs", type=shape_of, multiple=True, metavar="NAME=SHAPE", help="image=1x3x9x9."
)
@click.option(
    "--ignore", multiple=True, metavar="OPERATOR", help="One that is known to cost nothing."
)
@click.option("--layers", "by_layer", is_flag=True, help="List every layer.")
@explain_option
@json_option
def command(
    network: str,
    profiles: str | None,
    batches: list[int],
    sizes: tuple[tuple[str, int], ...],
    inputs: tuple[tuple[str, tuple[int, ...]], ...],
    ignore: tuple[str, ...],
    by_layer: bool,
    figure: str | None,
    as_json: bool,
) -> None:
    """Count a network without running it, and price it on digital machines.

    The type follows the name, resnet18.onnx:int8; by default it is that of the file, or float32.
    """
    work = network_of(network, sizes=dict(sizes), inputs=dict(inputs), ignore=ignore)
    names = [name.strip() for name in (profiles or "").split(",") if name.strip()]
    machines = [hardware.load(name) for name in names or hardware.names()]
    if not names:
        machines = [machine for machine in machines if machine.kind == "digital"]
    reports = [
        price(replace(work, batch=batch), machine) for machine in machines for batch in batches
    ]
    if figure is not None:
        traces = {
            f"rows[{place}].{name}": trace
            for place, report in enumerate(reports)
            for name, trace in digital_traces(report).items()
        }
        emit_explained(traces, figure, as_json=as_json)
        return
    data = {
        "name": work.name,
        "dtype": work.dtype,
        "counts": _counts(work),
        "kinds": work.by_kind(),
        "uncounted": [
            {"operator": one.operator, "nodes": one.nodes, "macs": one.macs, "reason": one.reason}
            for one in work.uncounted
        ],
        "notes": list(work.notes),
        "layers": [_layer(work, place) for place in range(len(work.layers))],
        "rows": [{**report.as_dict(), "batch": report.workload.batch} for report in reports],
    }
    emit(data, "\n".join(_text(work, reports, by_layer=by_layer)), as_json=as_json)


def _counts(work: Workload) -> dict[str, int]:
    return {
        "macs": work.macs,
        "operations": work.operations,
        "parameters": work.parameters,
        "parameter_bytes": work.parameter_bytes,
        "activation_bytes": work.activation_bytes,
        "working_bytes": work.working_bytes,
        "layers": len(work.layers),
    }


def _layer(work: Workload, place: int) -> dict[str, object]:
    layer = work.layers[place]
    fields = ("kind", "name", "macs", "operations", "parameters", "inputs", "outputs")
    return {name: getattr(layer, name) for name in fields}


def _text(work: Workload, reports: list[DigitalReport], *, by_layer: bool) -> list[str]:
    lines = [f"{work.name} in {work.dtype}, one inference:"]
    lines += [f"  {name.replace('_', ' '):<18}{size:>20,}" for name, size in _counts(work).items()]
    lines += [f"  note: {note}" for note in work.notes]
    lines += [f"  not counted: {one}" for one in work.uncounted]
    if by_layer:
        rows = [["kind", "name", "macs", "operations", "parameters", "inputs", "outputs"]]
        for place in range(len(work.layers)):
            fields = _layer(work, place).values()
            rows.append([f"{x:,}" if isinstance(x, int) else str(x)[:40] for x in fields])
        lines += ["", table(rows)]
    header = ["machine", "batch", "total per inference", "time", "answer after", "bound by"]
    rows = [header, *(_row(report) for report in reports if report.total_j is not None)]
    lines += ["", table(rows)] if len(rows) > 1 else []
    lines += [
        f"{report.profile.name}: no total: {'; '.join(report.unpriced)}"
        for report in reports
        if report.total_j is None
    ]
    notes = {f"{r.profile.name}: {note}" for r in reports for note in r.notes[len(work.notes) :]}
    return [*lines, *sorted(notes)]


def _row(report: DigitalReport) -> list[str]:
    total, seconds, batch = report.total_j, report.seconds, report.batch_s
    return [
        report.profile.name,
        f"{report.workload.batch:,}",
        "" if total is None else total.text("J"),
        "" if seconds is None else engineering(seconds.nominal, "s"),
        "" if batch is None else engineering(batch.nominal, "s"),
        (report.bound or "").removesuffix("_bytes"),
    ]
