"""YAML model files: a network and how to run it, from a file that a stranger may have written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from numpy.typing import NDArray

from yuragi import zoo
from yuragi.documents import Document, Field, Plain, read_yaml
from yuragi.dynamics import Dynamics
from yuragi.errors import EquationError, GraphError, ModelFileError
from yuragi.io.model_arrays import ModelArrays
from yuragi.io.model_errors import checked_model
from yuragi.io.model_schema import (
    ModelSchema,
    NetworkSchema,
    PlasticitySchema,
    PopulationSchema,
    ProbeSchema,
    RunSettings,
)
from yuragi.io.model_weights import weights_need, weights_of
from yuragi.memory import Need, check_memory, state
from yuragi.network import Network
from yuragi.plasticity import Plasticity

__all__ = ["ModelFile", "load_model"]

Array = NDArray[Any]
_NO_CHANGES: Mapping[str, Plain] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFile:
    """A network with the settings of its run."""

    network: Network
    run: RunSettings


def load_model(
    path: Path, *, seed: int | None = None, changes: Mapping[str, Plain] = _NO_CHANGES
) -> ModelFile:
    """Read a model file and the `.npy` files that it names in its own folder.

    seed: instead of the file's own.
    changes: other values for fields, by their names: {"network.populations.cells.size": 200}.
    Raises ModelFileError with file, line and field; a network that would not fit into memory is
    refused before it is built.
    """
    document = read_yaml(path)
    for name, value in changes.items():
        _change(document, name, value)
    schema = checked_model(document)
    arrays = ModelArrays(path.parent)
    builder = _Builder(document, schema, arrays, schema.seed if seed is None else seed)
    return ModelFile(network=builder.network(), run=schema.run)


def _change(document: Document, name: str, value: Plain) -> None:
    """Set a field; mappings on the way are made, the schema refuses those that it does not know."""
    place = document.data
    *path, last = name.split(".")
    for key in path:
        place = place.setdefault(key, {}) if isinstance(place, dict) else None
    if not isinstance(place, dict):
        raise ModelFileError(f"{document.path}: {'.'.join(path)} has no fields to set {last} in")
    place[last] = value


class _Builder:
    """Builds the network of one file, each error named by the field that it comes from."""

    def __init__(
        self, document: Document, schema: ModelSchema, arrays: ModelArrays, seed: int
    ) -> None:
        self._document = document
        self._schema = schema
        self._arrays = arrays
        self._seed = seed
        self._units: dict[str, Dynamics] = {}

    @property
    def _described(self) -> NetworkSchema:
        return self._schema.network

    def network(self) -> Network:
        """The network, after a check of the memory that it will take."""
        for name, population in self._described.populations.items():
            with self._at("network", "populations", name, "dynamics"):
                self._units[name] = _dynamics(name, population)
        refused = check_memory(self._needs())
        if refused:
            raise ModelFileError(f"{self._document.where(refused[0])}: {refused[1]}")
        network = Network(seed=self._seed, dt=self._schema.run.dt)
        self._add_inputs(network)
        self._add_populations(network)
        self._add_projections(network)
        self._add_stimuli(network)
        for k, probe in enumerate(self._described.probes):
            with self._at("network", "probes", k):
                _add_probe(network, probe)
        with self._at("network"):
            network.graph()
        return network

    @contextmanager
    def _at(self, *field: str | int) -> Iterator[None]:
        try:
            yield
        except (GraphError, EquationError) as problem:
            raise ModelFileError(f"{self._document.where(field)}: {problem}") from None

    def _needs(self) -> Iterator[Need]:
        described = self._described
        trials = self._schema.run.trials or 1
        delay = max((1, *self._longest_delays()))
        for name, population in described.populations.items():
            field: Field = ("network", "populations", name, "size")
            unit = self._units[name]
            size = state(
                population.size, len(unit.system.variables), len(unit.ports), delay, trials
            )
            yield Need(field=field, what=f"the state of {name}", bytes=size)
        for name, given in described.inputs.items():
            size = state(given.size, 1, 1, delay, trials)
            field = ("network", "inputs", name, "size")
            yield Need(field=field, what=f"the state of {name}", bytes=size)
        sizes = self._sizes()
        for k, projection in enumerate(described.projections):
            field = ("network", "projections", k)
            with self._at(*field):
                pre, post = sizes(projection.source), sizes(projection.target)
                needed = weights_need(projection.weights, post, pre, self._arrays)
            what = f"{projection.source} -> {projection.target}"
            yield Need(field=(*field, "weights"), what=what, bytes=needed)

    def _longest_delays(self) -> Iterator[int]:
        for k, projection in enumerate(self._described.projections):
            with self._at("network", "projections", k, "delay"):
                yield int(self._arrays.whole(projection.delay).max(initial=0))

    def _sizes(self) -> _Sizes:
        described = self._described
        return _Sizes(
            {name: given.size for name, given in described.inputs.items()}
            | {name: population.size for name, population in described.populations.items()}
        )

    def _add_inputs(self, network: Network) -> None:
        for name, given in self._described.inputs.items():
            field = ("network", "inputs", name)
            with self._at(*field):
                network.input(name, given.size, spiking=given.spiking)
            if given.values is not None:
                with self._at(*field, "values"):
                    network.stimulate(name, self._arrays.array(given.values), port="i")

    def _add_populations(self, network: Network) -> None:
        for name, population in self._described.populations.items():
            field = ("network", "populations", name)
            values: dict[str, dict[str, Array]] = {"parameters": {}, "initial": {}}
            for kind, kept in values.items():
                for key, value in getattr(population, kind).items():
                    with self._at(*field, kind, key):
                        kept[key] = self._arrays.array(value)
            with self._at(*field):
                network.population(
                    name,
                    population.size,
                    self._units[name],
                    parameters=values["parameters"],
                    initial=values["initial"],
                    refractory=population.refractory,
                )

    def _add_projections(self, network: Network) -> None:
        sizes = self._sizes()
        for k, projection in enumerate(self._described.projections):
            field: Field = ("network", "projections", k)
            with self._at(*field):
                post, pre = sizes(projection.target), sizes(projection.source)
                port = self._port(projection.target, projection.port)
            with self._at(*field, "weights"):
                weights = weights_of(
                    projection.weights, post, pre, self._arrays, seed=(self._seed, k)
                )
            with self._at(*field, "plasticity"):
                rule = _plasticity(projection.plasticity)
            with self._at(*field):
                network.project(
                    projection.source,
                    projection.target,
                    weights=weights,
                    port=port,
                    delay=self._arrays.whole(projection.delay),
                    exponent=projection.exponent,
                    sign=projection.sign,
                    plasticity=rule,
                )

    def _add_stimuli(self, network: Network) -> None:
        for k, stimulus in enumerate(self._described.stimulus):
            with self._at("network", "stimulus", k):
                self._sizes()(stimulus.target)
                port = self._port(stimulus.target, stimulus.port)
            with self._at("network", "stimulus", k, "values"):
                values = self._arrays.array(stimulus.values)
                network.stimulate(stimulus.target, values, port=port)

    def _port(self, target: str, port: str | None) -> str:
        ports = self._units[target].ports if target in self._units else ("i",)
        if port is None and len(ports) == 1:
            return ports[0]
        if port not in ports:
            found = "port is missing" if port is None else f"no port {port!r}"
            raise GraphError(f"{found}; {target} has {', '.join(ports) or 'none'}")
        return port


class _Sizes:
    """The size of every population, by name."""

    def __init__(self, sizes: Mapping[str, int]) -> None:
        self._sizes = sizes

    def __call__(self, name: str) -> int:
        if name not in self._sizes:
            raise GraphError(f"no population {name!r}; there are {', '.join(self._sizes)}")
        return self._sizes[name]


def _dynamics(name: str, population: PopulationSchema) -> Dynamics:
    written = population.dynamics
    if isinstance(written, str):
        return zoo.dynamics(written)
    return Dynamics(
        name=written.name or name,
        equations=written.equations,
        ports=tuple(written.ports),
        output=written.output,
        threshold=written.threshold,
        reset=written.reset,
        refractory=written.refractory,
        parameters=written.parameters,
        initial=written.initial,
        method=written.method,
    )


def _plasticity(written: str | PlasticitySchema | None) -> Plasticity | None:
    if written is None:
        return None
    if isinstance(written, str):
        return zoo.plasticity(written)
    return Plasticity(
        name=written.name or "plasticity",
        equations=written.equations,
        reads=tuple(written.reads),
        parameters=written.parameters,
        initial=written.initial,
    )


def _add_probe(network: Network, probe: str | ProbeSchema) -> None:
    text, every = (probe, 1) if isinstance(probe, str) else (probe.probe, probe.every)
    population, _, variable = text.rpartition(".")
    if not population or not variable:
        raise GraphError(f"{text!r}: expected population.variable")
    network.probe(population, variable, every=every)
