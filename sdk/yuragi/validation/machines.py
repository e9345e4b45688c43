"""Measured and peak energy of conventional machines."""

from __future__ import annotations

from typing import Any

from yuragi.hardware import load
from yuragi.power import baseline
from yuragi.power.band import Band
from yuragi.power.digital import DigitalReport, price
from yuragi.power.workload import Workload
from yuragi.validation.point import Answer, Point, factor, misses, within

__all__ = ["MACHINE_POINTS"]

_BLOUW = "Blouw et al., arXiv:1812.01739, network 390-256-256-29, batch 1"
_KERAS = "nengo/keras-spiking, keras_spiking/model_energy.py, against " + _BLOUW
_QEEGNET = "Schneider et al., arXiv:2004.11690: 5.82 ms, 0.627 mJ, 21.0 GMAC/s/W"
_KEYWORD_SIZES = (390, 256, 256, 29)
_KEYWORD_MACS = 172_800
_XEON_J = 11.47 / 1813.63
_QUADRO_J = 22.86 / 770.39
# Of EEGNet: what 21.0 GMAC/s/W and 0.627 mJ amount to.
_EEGNET_MACS = 13_167_000


def _keywords() -> Workload:
    return baseline.mlp(_KEYWORD_SIZES, name="keywords")


def _priced(work: Workload, machine: str, figure: str) -> Answer:
    report = price(work, load(machine))
    return _answer(getattr(report, figure), report)


def _answer(band: Band | None, report: DigitalReport) -> Answer:
    return Answer(value=float("nan") if band is None else band.nominal, band=band, report=report)


def _products(macs: int, dtype: str, machine: str, figure: str) -> Answer:
    """Arithmetic alone, at the rate and the price of a profile."""
    layer = baseline.Layer(kind="products", macs=macs, inputs=0, outputs=0)
    return _priced(baseline.layers([layer], dtype=dtype, name="products"), machine, figure)


def _per_mac_at_peak(dtype: str, machine: str) -> Answer:
    """A batch so large that launches and weights count for nothing."""
    layer = baseline.Layer(kind="products", macs=10**12, inputs=0, outputs=0)
    work = baseline.layers([layer], dtype=dtype, batch=1 << 20, name="products")
    report = price(work, load(machine))
    band = report.total_j
    return _answer(None if band is None else band * 1e-12, report)


def _peak(machine: str, dtype: str, published: float, source: str) -> Point:
    return Point(
        id=f"{machine.replace('_', '-')}-peak-{dtype}",
        title=f"{machine}, energy of a multiply-accumulate in {dtype} at full load",
        given="products only, a large batch",
        source=source,
        unit="J",
        published=published,
        rule=within(0.05),
        role="anchored",
        ours=lambda: _per_mac_at_peak(dtype, machine),
    )


def _measured(place: str, figure: str, published: float, unit: str, **fields: Any) -> Point:
    return Point(
        id=f"keywords-cpu-{place}",
        given="the layer list; 17.01 W idle, 28.48 W running, 1813.63 inferences a second",
        source=_BLOUW,
        unit=unit,
        published=published,
        role="anchored",
        rule=within(0.02),
        ours=lambda: _priced(_keywords(), "desktop_cpu", figure),
        **fields,
    )


MACHINE_POINTS = (
    _measured("dynamic", "dynamic_j", _XEON_J, "J", title="Keywords on a Xeon, dynamic energy"),
    _measured("total", "total_j", 28.48 / 1813.63, "J", title="Keywords on a Xeon, all energy"),
    _measured("time", "seconds", 1 / 1813.63, "s", title="Keywords on a Xeon, time"),
    Point(
        id="keywords-cpu-by-macs",
        title="Keywords on a CPU by 8.6 nJ an operation, as KerasSpiking has it",
        given="172,800 operations; at batch 1 a CPU costs power times time",
        source=_KERAS,
        unit="J",
        published=_XEON_J,
        rule=misses(0.5),
        role="negative",
        ours=lambda: Answer(value=8.6e-9 * _KEYWORD_MACS),
    ),
    Point(
        id="keywords-gpu-by-macs",
        title="Keywords on a GPU by 0.3 nJ an operation, as KerasSpiking has it",
        given="172,800 operations; that constant holds for large batches",
        source=_KERAS,
        unit="J",
        published=_QUADRO_J,
        rule=misses(0.9),
        role="negative",
        ours=lambda: Answer(value=0.3e-9 * _KEYWORD_MACS),
    ),
    Point(
        id="eegnet-riscv-energy",
        title="EEGNet on eight RISC-V cores, energy of an inference",
        given="13.2 M multiply-accumulates in int8",
        source=_QEEGNET,
        unit="J",
        published=0.627e-3,
        rule=within(0.02),
        role="anchored",
        ours=lambda: _products(_EEGNET_MACS, "int8", "riscv_cluster", "total_j"),
    ),
    Point(
        id="eegnet-m7-energy",
        title="EEGNet on a Cortex-M7, energy of an inference",
        given="13.2 M multiply-accumulates in int8; 0.082 GMAC/s/W",
        source=_QEEGNET,
        unit="J",
        published=_EEGNET_MACS / 0.082e9,
        rule=factor(5),
        role="independent",
        ours=lambda: _products(_EEGNET_MACS, "int8", "cortex_m7", "total_j"),
    ),
    Point(
        id="cifar-m7-time",
        title="CIFAR-10 network of CMSIS-NN on a Cortex-M7, time of an inference",
        given="12.3 M multiply-accumulates in int8",
        source="Lai, Suda & Chandra, arXiv:1801.06601: 24.7 M operations in 99.1 ms",
        unit="s",
        published=99.1e-3,
        rule=within(0.02),
        role="anchored",
        ours=lambda: _products(12_350_000, "int8", "cortex_m7", "seconds"),
    ),
    Point(
        id="imu-m4-energy",
        title="Network of a motion sensor on a Cortex-M4F, energy of an inference",
        given="29.5 M multiply-accumulates in float32",
        source="public package distrimuse_imu_edge, profile nrf52840_m4f_64mhz: 18.45 mJ",
        unit="J",
        published=18.45e-3,
        rule=within(0.02),
        role="anchored",
        ours=lambda: _products(29_500_000, "float32", "cortex_m4", "total_j"),
    ),
    _peak("a100", "bfloat16", 400 / 156e12, "NVIDIA A100 datasheet: 400 W, 312 TFLOPS"),
    _peak("a100", "int8", 400 / 312e12, "NVIDIA A100 datasheet: 400 W, 624 TOPS"),
    _peak("h100", "bfloat16", 700 / 494.7e12, "NVIDIA H100 datasheet: 700 W, 989 TFLOPS dense"),
    _peak("edge_tpu", "int8", 1e-12, "Google Coral Edge TPU datasheet: 4 TOPS, 2 W"),
    _peak("jetson_orin_nano", "int8", 1.5e-12, "NVIDIA Jetson Orin Nano: 15 W, 20 TOPS dense"),
    Point(
        id="resnet18-arithmetic",
        title="ResNet-18 by 4.6 pJ a multiply-accumulate, as operation counters print it",
        given="our count of its layers; arithmetic at 45 nm without memory, no machine's energy",
        source="syops-counter: 1.82 G multiply-accumulates, 8.372 mJ; Horowitz, ISSCC 2014",
        unit="J",
        published=8.372e-3,
        rule=within(0.01),
        role="arithmetic",
        ours=lambda: Answer(value=4.6e-12 * _resnet18().macs),
    ),
)


def _resnet18() -> Workload:
    """ResNet-18 for images of 224 x 224; He et al., arXiv:1512.03385."""
    layers = [baseline.conv((3, 224, 224), 64, 7, stride=2, padding=3, bias=False)]
    layers.append(baseline.pool((64, 112, 112), 3, stride=2, padding=1))
    before, size = 64, 56
    for channels in (64, 128, 256, 512):
        for block in range(2):
            stride = 2 if block == 0 and channels != before else 1
            shape = (before, size, size)
            if stride == 2:
                layers.append(baseline.conv(shape, channels, 1, stride=2, bias=False))
            layers.append(baseline.conv(shape, channels, 3, stride=stride, padding=1, bias=False))
            before, size = channels, size // stride
            layers.append(baseline.conv((channels, size, size), channels, 3, padding=1, bias=False))
    layers += [baseline.pool((512, 7, 7), 7), baseline.dense(512, 1000, activation=False)]
    return baseline.layers(layers, name="resnet18")
