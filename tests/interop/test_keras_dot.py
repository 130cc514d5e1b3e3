"""Keras' Dot of two rows, both ways."""

import numpy as np
import pytest

from fastnn import Model, layers
from fastnn.interop import from_keras, to_keras

pytest.importorskip("h5py")
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

# The last is a row of zeros, which no length divides.
X = np.vstack([np.random.default_rng(0).normal(size=(5, 4)), np.zeros((1, 4))]).astype(np.float32)


def same(one, other):
    # Sums of four products in float32.
    np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("axes", "ending"), [(1, "keras"), (-1, "h5"), ((1, 1), "h5"), ((1, -1), "keras")])
@pytest.mark.parametrize("normalize", [False, True])
def test_keras_models_here_and_back(axes, normalize, ending, keras, tmp_path):
    x = keras.Input((4,))
    dot = keras.layers.Dot(axes=axes, normalize=normalize, name="match")
    model = keras.Model(x, dot([x, keras.layers.Dense(4)(x)]))
    expected = model.predict(X, verbose=0)
    model.save(tmp_path / f"model.{ending}")
    for source in (model, tmp_path / f"model.{ending}"):
        ours = from_keras(source)
        assert ours.layers[-1].name == "match"
        same(ours.predict(X), expected)
    to_keras(ours, tmp_path / f"ours.{ending}")
    same(keras.models.load_model(tmp_path / f"ours.{ending}", compile=False).predict(X, verbose=0), expected)


@pytest.mark.parametrize("axes", [1, -1])
def test_ours_in_keras_and_back(axes, keras, tmp_path):
    x = layers.Input((4,))
    model = Model(x, layers.Dot(axes, True)([x, layers.Dense(4)(x)]), seed=0)
    to_keras(model, tmp_path / "model.keras")
    same(keras.models.load_model(tmp_path / "model.keras", compile=False).predict(X, verbose=0), model.predict(X))
    same(from_keras(tmp_path / "model.keras").predict(X), model.predict(X))


@pytest.mark.parametrize(
    ("shape", "axes", "words"), [((2, 4), 2, "its axes are 2"), ((2, 4), 1, "rows"), ((4,), 0, "0")]
)
def test_other_axes_are_refused(shape, axes, words, keras):
    x = keras.Input(shape)
    model = keras.Model(x, keras.layers.Dot(axes=axes, name="match")([x, x]))
    with pytest.raises(ValueError, match=words):
        from_keras(model)
