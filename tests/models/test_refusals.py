"""Models refuse what makes no sense when they are made or fitted, with the value in the message."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

import yuragi_models as models
from yuragi.errors import GraphError
from yuragi_models.instances import sherrington_kirkpatrick

GLASS = sherrington_kirkpatrick(6, seed=0)
PATTERNS = np.where(np.random.default_rng(0).random((2, 8)) < 0.5, 1.0, -1.0)
ROWS, GOALS = np.zeros((3, 1)), np.zeros(3)
LABELS = [0, 1, 0]


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: models.SimulatedAnnealing(GLASS, sweeps=0), "sweeps 0"),
        (lambda: models.SimulatedAnnealing(GLASS, hot=0.0), "hot 0.0"),
        (lambda: models.CoherentIsing(GLASS, steps=1), "steps 1"),
        (lambda: models.SimulatedBifurcation(GLASS, step=-1.0), "step -1.0"),
        (lambda: models.SimulatedBifurcation(GLASS).solve(0), "replicas 0"),
        (lambda: models.ContinuousHopfield(PATTERNS, rule="hebbs"), "rule 'hebbs'.*storkey"),
        (lambda: models.ContinuousHopfield(PATTERNS, gain=0.0), "gain 0.0"),
        (lambda: models.HopfieldMemory(sweeps=0).fit(PATTERNS), "sweeps 0"),
        (lambda: models.ModernHopfield(PATTERNS, beta=-1.0), "beta -1.0"),
        (lambda: models.RestrictedBoltzmann(0).fit(ROWS), "hidden 0"),
        (lambda: models.RestrictedBoltzmann(2).fit(ROWS + 7.0), "from 7 to 7"),
        (lambda: models.RateNetwork(4, sigma=0.0), "sigma 0.0"),
        (lambda: models.TransientChaos(1.0 - np.eye(4)).solve(0), "starts 0"),
        (lambda: models.BoltzmannMachine(np.zeros((2, 2)), [0, 0]).sample(0), "sweeps 0"),
        (lambda: models.EchoStateRegressor(4, leak_rate=2.0).fit(ROWS, GOALS), "leak_rate 2.0"),
        (lambda: models.LiquidRegressor(4, decay=1.0).fit(ROWS, GOALS), "decay 1.0"),
        (lambda: models.LiquidClassifier(4, inhibitory=-0.1).fit(ROWS, LABELS), "inhibitory -0.1"),
        (lambda: models.ReservoirClassifier(4, leak_rate=0.0).fit(ROWS, LABELS), "leak_rate 0.0"),
    ],
)
def test_what_makes_no_sense_is_refused(make, reason):
    with pytest.raises(GraphError, match=reason):
        make()


@pytest.mark.parametrize(
    "kind", [models.HopfieldMemory, models.RestrictedBoltzmann, models.EchoStateRegressor]
)
def test_an_estimator_has_no_network_before_it_is_fitted(kind):
    with pytest.raises(NotFittedError, match="not fitted"):
        kind().network  # noqa: B018 - a property that raises


def test_samples_of_another_length_are_refused():
    with pytest.raises(ValueError, match="5 features"):
        models.RestrictedBoltzmann(2).fit(np.zeros((3, 4))).transform(np.zeros((2, 5)))
