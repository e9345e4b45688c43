"""A perceptron keeps its answers as a spiking network, in floats and in a chip's integers."""

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier

from yuragi.errors import GraphError
from yuragi_models.conversion import SpikingPerceptron


def test_a_spiking_perceptron_answers_as_the_perceptron_does():
    x, y = load_digits(return_X_y=True)
    x = x / 16.0
    perceptron = MLPClassifier((32,), max_iter=1000, random_state=0).fit(x[:1200], y[:1200])
    spiking = SpikingPerceptron(perceptron, x[:1200], steps=64)
    wanted = perceptron.predict(x[1200:1400])
    assert np.mean(spiking.predict(x[1200:1400]) == wanted) > 0.97
    assert np.mean(spiking.predict(x[1200:1260], profile="loihi2") == wanted[:60]) > 0.9


def test_units_that_are_not_rectified_are_refused():
    tanh = MLPClassifier((3,), activation="tanh")
    with pytest.raises(GraphError, match="expected 'relu'"):
        SpikingPerceptron(tanh, np.zeros((2, 2)))
