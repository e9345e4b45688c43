from yuragi.backend import compile as compile
from yuragi.differing import difference as difference
from yuragi.dynamics import Dynamics as Dynamics
from yuragi.graph import Graph as Graph
from yuragi.hardware.load import load as profile
from yuragi.hardware.load import names as profiles
from yuragi.io.nir.importing import from_nir as from_nir
from yuragi.io.nir.torch_modules import from_torch as from_torch
from yuragi.io.nir.writing import to_nir as to_nir
from yuragi.loading import load as load
from yuragi.metering.measure import measure as measure
from yuragi.network import Network as Network
from yuragi.planning.budget import budget as budget
from yuragi.planning.estimate import estimate as estimate
from yuragi.plasticity import Plasticity as Plasticity
from yuragi.power import baseline as baseline
from yuragi.power.charge import charge as charge
from yuragi.power.compare import compare as compare
from yuragi.power.energy import energy as energy
from yuragi.power.statement import statement as report
from yuragi.recording import Recording as Recording
from yuragi.sweeping.sweep import sweep as sweep
from yuragi.validation.points import validate as validate
from yuragi.wiring.convolution import Convolution as Convolution
from yuragi.wiring.convolution import avg_pool2d as AvgPool2d
from yuragi.wiring.convolution import conv1d as Conv1d
from yuragi.wiring.convolution import conv2d as Conv2d
from yuragi.wiring.convolution import sum_pool2d as SumPool2d
from yuragi.wiring.maps import Dense as Dense
from yuragi.wiring.maps import Sparse as Sparse
from yuragi.wiring.rules import hebbian as hebbian
from yuragi.wiring.rules import one_to_one as one_to_one
from yuragi.wiring.rules import random as random
from yuragi.wiring.rules import ring as ring

__all__ = [
    "AvgPool2d",
    "Conv1d",
    "Conv2d",
    "Convolution",
    "Dense",
    "Dynamics",
    "Graph",
    "Network",
    "Plasticity",
    "Recording",
    "Sparse",
    "SumPool2d",
    "baseline",
    "budget",
    "charge",
    "compare",
    "compile",
    "difference",
    "energy",
    "estimate",
    "from_nir",
    "from_torch",
    "hebbian",
    "load",
    "measure",
    "one_to_one",
    "profile",
    "profiles",
    "random",
    "report",
    "ring",
    "sweep",
    "to_nir",
    "validate",
]

__version__: str
