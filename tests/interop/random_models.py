"""Random Sequential models of every layer, for all tests that carry models elsewhere and compare predictions."""

import numpy as np

from fastnn import layers
from fastnn.activations import registry
from fastnn.models import Sequential

# With aliases.
ACTIVATIONS = list(registry.ACTIVATIONS.by_name())
# Those that grow no faster than their input: of the others, layer on layer ends in infinity. Logarithms of shares lie
# so far below zero that the next activation may leave little but their roundings.
STEADY = [
    name
    for name, kind in registry.ACTIVATIONS.by_name().items()
    if kind.function(np.full((1, 1), 50.0), *kind.numbers) < 100 and name != "log_softmax"
]


def width(rng):
    return int(rng.integers(1, 71))


def coin(rng):
    return bool(rng.integers(2))


def layer_of(kind):
    """A function that makes the layer of an activation, with any parameter."""
    return lambda rng: kind.layer(*(rng.uniform(0, min(2, parameter.below)) for parameter in kind.parameters))


# Rescaling is left out: it may only come first. Epsilon is large enough for normalised sums of float32 not to be noise.
MAKERS = {
    "Dense": lambda rng: layers.Dense(width(rng), str(rng.choice(STEADY)), use_bias=coin(rng)),
    "Activation": lambda rng: layers.Activation(str(rng.choice(STEADY))),
    **{kind.layer.__name__: layer_of(kind) for kind in registry.ACTIVATIONS if kind.layer and kind.name in STEADY},
    "Flatten": lambda rng: layers.Flatten(),
    "Permute": lambda rng: layers.Permute((1,)),
    "PReLU": lambda rng: layers.PReLU(),
    "UnitNormalization": lambda rng: layers.UnitNormalization(),
    "RMSNormalization": lambda rng: layers.RMSNormalization(epsilon=rng.uniform(0.01, 0.1)),
    "Dropout": lambda rng: layers.Dropout(0.5),
    "AlphaDropout": lambda rng: layers.AlphaDropout(0.5),
    "GaussianDropout": lambda rng: layers.GaussianDropout(0.5),
    "Reshape": lambda rng: layers.Reshape((-1,)),
    "Identity": lambda rng: layers.Identity(),
    "Normalization": lambda rng: layers.Normalization(mean=rng.normal(), variance=rng.uniform(0.5, 2)),
    "GaussianNoise": lambda rng: layers.GaussianNoise(0.5),
    "ActivityRegularization": lambda rng: layers.ActivityRegularization(0.1, 0.2),
    "BatchNormalization": lambda rng: layers.BatchNormalization(
        momentum=0.9, epsilon=rng.uniform(1e-3, 0.1), center=coin(rng), scale=coin(rng)
    ),
    "LayerNormalization": lambda rng: layers.LayerNormalization(
        epsilon=rng.uniform(0.01, 0.1), center=coin(rng), scale=coin(rng)
    ),
}
NEED_ROWS = ("Dense", "BatchNormalization", "LayerNormalization", "Permute")


def random_model(seed, dtype):
    """A model of 1 to 6 layers, and a Flatten where one is needed, with widths from 1 to 70 and random weights.

    Half of all layers are dense ones; one model in three begins with a Rescaling, or two.
    """
    rng = np.random.default_rng(seed)
    side = int(rng.integers(1, 9))
    shape = [(width(rng),), (width(rng),), (side, 3), (2, 3, side)][rng.integers(4)]
    model = Sequential([layers.Input(shape)], name=f"model {seed}", dtype=dtype, seed=rng)
    for _ in range(max(0, int(rng.integers(-3, 3)))):
        model.add(layers.Rescaling(rng.uniform(0.2, 1), rng.uniform(-1, 1)))
    for _ in range(rng.integers(1, 7)):
        kind = "Dense" if coin(rng) else str(rng.choice(list(MAKERS)))
        if kind in NEED_ROWS and len(model.output_shape or shape) > 1:
            model.add(layers.Flatten())
        model.add(MAKERS[kind](rng))
    randomize(model, rng)
    return model


def randomize(model, rng):
    """Weights as after training: none is 0 or 1, and numbers keep their size from layer to layer."""
    for layer in model.layers:
        for name, array in layer.arrays.items():
            if name == "kernel":
                array[...] = rng.normal(size=array.shape, scale=1.4 / np.sqrt(len(array)))
            elif name in ("gamma", "moving_variance", "variance"):
                array[...] = rng.uniform(0.3, 2, size=array.shape)
            else:
                array[...] = rng.normal(size=array.shape, scale=0.5)


def random_data(model, samples, seed):
    """Data for a model in its dtype."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(samples, *model.input_shape), scale=2).astype(model.dtype)
