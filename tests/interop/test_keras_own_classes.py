"""Classes of a user's own that bear names of Keras' may compute anything: they are not taken for Keras' layers."""

import pytest

from fastnn.interop import from_keras

pytest.importorskip("h5py")
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def own(keras, name):
    """A subclass under the same name, whose outputs are twice those of Keras' class."""
    base = getattr(keras.layers, name)

    def call(self, x, **options):
        return base.call(self, x, **options) * 2

    # As classes of a script are, of which Keras writes no module.
    return type(name, (base,), {"call": call, "__module__": "__main__"})


MODELS = {
    "a layer of a chain": lambda keras: keras.Sequential([keras.Input((3,)), own(keras, "Dense")(2)]),
    "a layer of a graph": lambda keras: graph(keras, own(keras, "ReLU")()),
    "a layer that merges": lambda keras: graph(keras, own(keras, "Add")(), several=True),
    "an activation": lambda keras: keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, own(keras, "ReLU")())]),
    "an activation's layer": lambda keras: graph(keras, keras.layers.Activation(own(keras, "ELU")())),
    "a layer of a model within": lambda keras: graph(
        keras, keras.Sequential([keras.Input((3,)), own(keras, "BatchNormalization")()])
    ),
}


def graph(keras, layer, several=False):
    x = keras.Input((3,))
    hidden = keras.layers.Dense(3)(x)
    return keras.Model(x, keras.layers.Add()([layer([x, hidden] if several else hidden), x]))


@pytest.mark.parametrize("name", MODELS)
def test_names_of_keras_alone_are_not_enough(keras, tmp_path, name):
    model = MODELS[name](keras)
    model.save(tmp_path / "model.keras")
    for source in (model, tmp_path / "model.keras"):
        with pytest.raises(ValueError, match=r"is a .* that is not Keras' own, and whose code no file holds"):
            from_keras(source)


def test_a_layer_that_was_given_a_call(keras):
    layer = keras.layers.Dense(2, name="odd")
    model = keras.Sequential([keras.Input((3,)), keras.Sequential([keras.Input((3,)), layer])])
    assert from_keras(model).output_shape == (2,)
    plain = layer.call
    layer.call = lambda x, training=None: plain(x) * 2
    with pytest.raises(ValueError, match=r"the layer 'odd' \(Dense\) was given a call of its own"):
        from_keras(model)
