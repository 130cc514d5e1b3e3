"""What is no graph, or does not fit one, is refused by the names of layers, inputs and outputs."""

import copy

import numpy as np
import pytest

from fastnn import Embedding, Flatten, Input, Model, StringLookup
from fastnn.layers import Add, Concatenate, Dense, Dot, Reshape

X, ROW = np.zeros((3, 4)), np.zeros((3, 2))


def sides(merge):
    """A merge of a row of three, and of five or of two vectors."""
    x = Input((4,), name="x")
    left = Dense(3, name="left")(x)
    return merge(left, Dense(5, name="right")(x), Reshape((2, 2), name="grid")(x))


MERGES = {
    "a sum": (lambda a, b, c: Add(name="sum")([a, b]), r"sum does not fit.* \(left gives \(3,\), right gives \(5,\)\)"),
    "a sum of three": (lambda a, b, c: Add(name="sum")([a, a, b]), r"sum .*left gives \(3,\), right gives \(5,\)\)"),
    "an operator": (lambda a, b, c: a + b, r"Add does not fit.* \(left gives \(3,\), right gives \(5,\)\)"),
    "rows and vectors": (
        lambda a, b, c: Concatenate(name="side")([a, c]),
        r"side does not fit.* \(left gives \(3,\), grid gives \(2, 2\)\)",
    ),
    "a product": (lambda a, b, c: Dot(name="dot")([a, b]), r"dot .*left gives \(3,\), right gives \(5,\)\)"),
}


@pytest.mark.parametrize("what", MERGES)
def test_shapes_that_do_not_match(what):
    merge, message = MERGES[what]
    with pytest.raises(ValueError, match=message):
        sides(merge)


def config():
    x = Input((4,), name="x")
    first = Dense(4, name="first")(x)
    return Model(x, Add(name="sum")([first, Dense(4, name="second")(first)])).get_config()


def changed(**changes):
    return lambda told: told.update(changes)


def wider(told):
    told["layers"][1]["units"] = 5


def two_widths(told):
    told["inputs"].append({"name": "other", "shape": [5]})
    told["nodes"] = [[0, [-1]], [0, [-2]], [1, [0]], [2, [1, 2]]]
    told["outputs"] = [{"name": "sum", "node": 3}]


DESCRIPTIONS = {
    "a circle": (
        changed(nodes=[[0, [1]], [1, [0]], [2, [0, 1]]]),
        "node 0, a call of first, takes the value of node 1, a call of second, .*in a circle",
    ),
    "a circle of one": (
        changed(nodes=[[0, [-1]], [1, [1]], [2, [0, 1]]]),
        "a call of second, takes .* a call of second",
    ),
    "an input that nothing uses": (
        changed(inputs=[{"name": "x", "shape": [4]}, {"name": "idle", "shape": [2]}]),
        "no output depends on the input idle: leave it out",
    ),
    "a call that nothing uses": (
        changed(nodes=[[0, [-1]], [1, [0]], [2, [0, 0]]]),
        "no output depends on node 1, a call of second",
    ),
    "a layer that is not called": (
        changed(nodes=[[0, [-1]], [2, [0, 0]]], outputs=[{"name": "sum", "node": 1}]),
        "the layer second, which is not called",
    ),
    "shapes that do not match": (
        wider,
        r"sum \(Add\) does not fit: .*\(first gives \(4,\), second gives \(5,\)\)",
    ),
    "a shared layer of two widths": (
        two_widths,
        r"first \(Dense\) does not fit: it is called on samples of shape \(4,\) and of shape \(5,\), .*other gives",
    ),
}


@pytest.mark.parametrize("what", DESCRIPTIONS)
def test_descriptions(what):
    change, message = DESCRIPTIONS[what]
    told = copy.deepcopy(config())
    change(told)
    with pytest.raises(ValueError, match=message):
        Model.from_config(told)


def one():
    x = Input((4,), name="x")
    model = Model(x, {"y": Dense(2)(x)}, seed=0)
    model.compile("sgd", "mse")
    return model


def two():
    x, other = Input((4,), name="x"), Input((2,), name="other")
    model = Model([x, other], {"y": Dense(2)(x), "z": Dense(1)(other)}, seed=0)
    model.compile("sgd", "mse")
    return model


MODELS = {
    "one": (one, {"x": X}, {"y": ROW}),
    "several": (two, {"x": X, "other": ROW}, {"y": ROW, "z": ROW[:, :1]}),
}
CALLS = {
    "fit": lambda model, x, y: model.fit(x, y),
    "evaluate": lambda model, x, y: model.evaluate(x, y),
    "train_on_batch": lambda model, x, y: model.train_on_batch(x, y),
    "test_on_batch": lambda model, x, y: model.test_on_batch(x, y),
    "gradients": lambda model, x, y: model.gradients(x, y),
    "backward": lambda model, x, y: model.backward(x, y),
    "validation": lambda model, x, y: model.fit(*MODELS["several" if "z" in y else "one"][1:], validation_data=(x, y)),
    "weights": lambda model, x, y: model.fit(
        *MODELS["several" if len(model.output_names) > 1 else "one"][1:], sample_weight={name: np.ones(3) for name in y}
    ),
}


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("call", CALLS)
def test_keys_that_no_output_has(kind, call):
    make, x, y = MODELS[kind]
    for wrong in ({**y, "strange": ROW}, {"strange": ROW} | {name: part for name, part in y.items() if name != "y"}):
        model = make()
        before = model.parameters.tobytes()
        with pytest.raises(ValueError, match=r"must have y.* as keys, but it has (no 'y'|'strange', which is none)"):
            CALLS[call](model, x, wrong)
        # What is asked of targets holds before anything is trained.
        assert model.parameters.tobytes() == before


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("call", ["predict", "predict_on_batch", "jacobian", "fit"])
def test_keys_that_no_input_has(kind, call):
    make, x, y = MODELS[kind]
    for wrong in ({**x, "strange": ROW}, {"strange": X} | {name: part for name, part in x.items() if name != "x"}):
        model = make()
        with pytest.raises(ValueError, match=r"must have x.* as keys, but it has (no 'x'|'strange', which is none)"):
            getattr(model, call)(wrong, *((y,) if call == "fit" else ()))


@pytest.mark.parametrize("kind", MODELS)
def test_keys_that_fit(kind):
    make, x, y = MODELS[kind]
    model = make()
    model.fit(x, y, sample_weight=dict.fromkeys(y, np.ones(3)))
    model.backward(x, y)
    assert np.isfinite(model.evaluate(x, y, sample_weight=dict.fromkeys(y, np.ones(3)))).all()


@pytest.mark.parametrize("settings", ["loss", "loss_weights", "metrics", "weighted_metrics"])
def test_settings_of_no_output(settings):
    given = {"loss": "mse", "loss_weights": 1.0}.get(settings, "mae")
    with pytest.raises(ValueError, match=rf"{settings} must have y, z as keys, but (it )?has"):
        two().compile("sgd", **{"loss": "mse", settings: {"y": given, "z": given, "strange": given}})
    with pytest.raises(ValueError, match="loss must have y, z as keys, but it has no 'z'"):
        two().compile("sgd", {"y": "mse"})
    with pytest.raises(ValueError, match="the output z has no loss"):
        two().compile("sgd", {"y": "mse", "z": None})


def table():
    codes = Input((2,), name="codes")
    model = Model(codes, Dense(2)(Flatten()(Embedding(5, 3, name="table")(codes))), seed=0)
    model.compile("sgd", "mse")
    return model


@pytest.mark.parametrize("call", [name for name in CALLS if name not in ("validation", "weights")])
@pytest.mark.parametrize("dtype", [np.int64, np.float32])
def test_categories_beyond_the_embedding(call, dtype):
    model = table()
    # With what was made for an earlier batch, too.
    for _ in range(2):
        before = model.parameters.tobytes()
        for wrong in (5, -1):
            codes = np.array([[0, 4], [wrong, 1], [2, 2]], dtype)
            with pytest.raises(
                ValueError, match=r"table \(Embedding\) takes whole numbers from 0 to 4, but x\[1, 0\] is"
            ):
                CALLS[call](model, codes, ROW)
        assert model.parameters.tobytes() == before
        CALLS[call](model, np.zeros((3, 2), dtype), ROW)


@pytest.mark.parametrize("unknown", [0, 1, 4])
def test_strings_that_were_never_seen(unknown):
    word = Input((1,), name="word", dtype="string")
    lookup = StringLookup(vocabulary=["a", "b"], num_oov_indices=unknown, name="words")
    model = Model(word, Flatten()(Embedding(lookup.vocabulary_size(), 3, name="table")(lookup(word))), seed=0)
    if unknown == 0:
        with pytest.raises(ValueError, match=r"words does not know 'c', which is x\[1, 0\]"):
            model.predict([["a"], ["c"]])
        return
    found = model.predict([["a"], ["c"]])
    rows = model.layers[1].embeddings
    assert np.array_equal(found, rows[[unknown, int(lookup(["c"])[0])]])
    assert lookup(["c"])[0] < unknown
