"""Random graphs of layers with random weights, and data for them."""

from functools import partial

import numpy as np
from random_models import randomize

import fastnn

MERGES = ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum")
ACTIVATIONS = ("relu", "tanh", "gelu", "elu", "sigmoid", "softplus", "softmax")
NORMALIZATIONS = ("LayerNormalization", "BatchNormalization")
CATEGORIES = 7


def random_graph(seed, dtype, still=False):
    """A graph of `random_calls` with random weights."""
    rng = np.random.default_rng(seed)
    kinds = partial(fastnn.Sequential, dtype=dtype), partial(fastnn.Model, dtype=dtype)
    inputs, ends = random_calls(fastnn.layers, *kinds, rng, still)
    model = fastnn.Model(inputs, ends, dtype=dtype, seed=seed)
    randomize(model, rng)
    return model


def random_calls(
    layers, sequential, graph, rng, still, activations=ACTIVATIONS, shared="tanh", normalizations=NORMALIZATIONS
):
    """Up to three inputs of any kind, some ten layers on random values, shared ones too, and up to three outputs.

    ``layers`` are fastnn's or Keras', as are the makers of models within. ``still`` has layers that do nothing in place
    of dropout, and ``shared`` is the activation of the layer that is called several times.
    """
    inputs, values = [], []
    for number in range(rng.integers(1, 4)):
        kind = rng.integers(3) if number else 0
        shape = [(int(rng.integers(1, 9)),), (2, int(rng.integers(1, 5))), (int(rng.integers(1, 4)),)][kind]
        given = layers.Input(shape, name=f"{('numbers', 'image', 'codes')[kind]}_{number}")
        inputs.append(given)
        if kind == 0:
            values.append(layers.Rescaling(0.5, offset=0.125)(given) if rng.random() < 0.3 else given)
        elif kind == 1:
            values.append(layers.Flatten()(given))
        else:
            values.append(layers.Flatten()(layers.Embedding(CATEGORIES, int(rng.integers(1, 5)))(given)))
    width = int(rng.integers(2, 20))
    # All of one width: merges take any of them, and so does a layer that is shared.
    values = [layers.Dense(width, str(rng.choice(activations)))(value) for value in values]
    twice = layers.Dense(width, shared)
    dropout = layers.Identity() if still else layers.Dropout(0.1)
    inner = sequential([layers.Input((width,)), layers.Dense(width, "silu"), dropout])
    begin = layers.Input((width,))
    both = layers.Dense(width, "softplus")(begin)
    pair = graph(begin, [layers.Dense(width, "sigmoid")(both), layers.Dense(width)(both)])
    for _ in range(rng.integers(2, 12)):
        taken = [values[place] for place in rng.integers(0, len(values), 3)]
        match rng.integers(9):
            case 0:
                made = layers.Dense(width, str(rng.choice(activations)))(taken[0])
            case 1:
                made = twice(taken[0])
            case 2:
                made = layers.Dense(width)(layers.Concatenate()(taken[: rng.integers(2, 4)]))
            case 3:
                normal = normalizations[0 if rng.random() < 0.5 else -1]
                made = getattr(layers, normal)()(taken[0])
            case 4:
                made = (layers.Identity() if still else layers.Dropout(0.3))(taken[0])
            case 5:
                made = inner(taken[0])
            case 6:
                # Of two values one, or both.
                given = pair(taken[0])
                made = given[rng.integers(2)]
                if rng.random() < 0.5:
                    values.append(given[0] if made is given[1] else given[1])
            case _:
                merge = MERGES[rng.integers(len(MERGES))]
                made = getattr(layers, merge)()(taken[:2] if merge == "Subtract" else taken)
        values.append(made)
    # Whatever nobody has taken meets at the end, so that no input is left over.
    ends = {"all": layers.Concatenate()(values)}
    if rng.random() < 0.5:
        ends["last"] = values[-1]
    if rng.random() < 0.3:
        ends["small"] = layers.Dense(1, "sigmoid")(ends["all"])
    return inputs if len(inputs) > 1 else inputs[0], ends if len(ends) > 1 else ends["all"]


def data_of(model, samples, seed):
    """Numbers of the model's dtype for each input, in a list."""
    rng = np.random.default_rng(seed)
    found = []
    for name, shape in zip(model.input_names, model.input_shapes, strict=True):
        draw = rng.integers(0, CATEGORIES, (samples, *shape)) if "codes" in name else rng.normal(size=(samples, *shape))
        found.append(draw.astype(model.dtype))
    return found
