"""The functional model: how it is described, every kind of data through every way in, files, and what is refused."""

import copy
import pickle

import numpy as np
import pytest

import fastnn
from fastnn import Model, Sequential, layers
from fastnn.layers import Add, Concatenate, Dense, Dropout, Flatten, Input, Rescaling

X = np.random.default_rng(0).normal(size=(40, 4))
OTHER = np.random.default_rng(1).normal(size=(40, 2, 3))
PRICE = X[:, :1] * 2
KIND = np.random.default_rng(2).integers(0, 3, 40)


def chain(**options):
    x = Input((4,))
    return Model(x, Dense(2)(Dropout(0.25)(Dense(5, "relu")(x))), **options)


def skip(**options):
    x = Input((4,))
    hidden = Dense(4, "relu")(x)
    return Model(x, Dense(1)(Add()([x, hidden])), **options)


def towers(**options):
    """Two inputs, two outputs, and a layer that is called twice."""
    one, other = Input((4,), name="one"), Input((2, 3), name="other")
    shared = Dense(5, "tanh", name="shared")
    left, right = shared(Dense(6)(one)), shared(Flatten()(other))
    both = Concatenate()([left, right])
    outputs = {"price": Dense(1)(both), "kind": Dense(3, "softmax")(both)}
    return Model([one, other], outputs, **{"seed": 0, **options})


def compiled(**options):
    model = towers(**options)
    model.compile("adam", {"price": "mse", "kind": "sparse_categorical_crossentropy"}, metrics={"kind": ["accuracy"]})
    return model


def test_a_chain_is_what_a_sequential_is():
    model = chain(seed=3)
    same = Sequential([Input((4,)), Dense(5, "relu"), Dropout(0.25), Dense(2)], seed=3)
    for one in (model, same):
        one.compile("adam", "mse")
        one.fit(X, X[:, :2], epochs=3, batch_size=7, verbose=0)
    assert np.array_equal(model.parameters, same.parameters)
    assert np.array_equal(model.predict(X), same.predict(X))


def test_names_and_shapes():
    model = towers()
    assert model.input_names == ("one", "other")
    assert model.output_names == ("price", "kind")
    assert model.input_shape == [(4,), (2, 3)]
    assert model.output_shape == [(1,), (3,)]
    assert [layer.name for layer in model.layers] == ["dense", "shared", "flatten", "concatenate", "dense_1", "dense_2"]
    assert model.count_params() == 4 * 6 + 6 + 6 * 5 + 5 + 10 + 1 + 30 + 3
    assert len(model.get_weights()) == 8
    a, b = Input((2,)), Input((2,))
    assert Model(a, Dense(1)(a)).output_names == ("dense",)
    assert Model([a, b], Add()([a, b])).input_names == ("input", "input_1")
    two = Dense(2, name="twice")
    assert Model([a, b], [two(a), two(b)]).output_names == ("twice_0", "twice_1")


def test_models_of_the_same_values_in_two_places():
    x = Input((2, 2))
    flat = Flatten()(x)
    model = Model(x, [flat, layers.Activation("linear")(flat), layers.ReLU()(flat)])
    data = np.array([[[1.0, -2.0], [3.0, -4.0]]])
    first, second, third = model.predict(data)
    assert np.array_equal(first, data.reshape(1, 4))
    assert np.array_equal(first, second)
    assert np.array_equal(third, np.maximum(first, 0))


def test_an_activation_layer_leaves_the_values_that_others_read():
    x = Input((4,))
    inner = Dense(3)(x)
    model = Model(x, [layers.ReLU()(inner), inner, layers.Tanh()(Flatten()(inner))], seed=0)
    above, values, bent = model.predict(X)
    assert (values < 0).any()
    assert np.array_equal(above, np.maximum(values, 0))
    np.testing.assert_allclose(bent, np.tanh(values), rtol=1e-6)


WAYS_OF_X = {
    "list": lambda: [X, OTHER],
    "tuple": lambda: (X, OTHER),
    "dict": lambda: {"other": OTHER, "one": X},
    "nested lists": lambda: [X.tolist(), OTHER.tolist()],
    "float32 rows": lambda: [X.astype(np.float32), OTHER.reshape(40, 6).astype(np.float32)],
    "strided": lambda: [np.repeat(X, 2, axis=0)[::2], np.asfortranarray(OTHER)],
}
WAYS_OF_Y = {
    "list": lambda: [PRICE, KIND],
    "tuple": lambda: (PRICE[:, 0], KIND.reshape(-1, 1)),
    "dict": lambda: {"kind": KIND, "price": PRICE},
}


@pytest.mark.parametrize("y", WAYS_OF_Y)
@pytest.mark.parametrize("x", WAYS_OF_X)
def test_ways_in(x, y):
    given, targets = WAYS_OF_X[x](), WAYS_OF_Y[y]()
    model, expected = compiled(), compiled()
    history = model.fit(given, targets, epochs=2, batch_size=16, verbose=0, validation_data=(given, targets))
    as_arrays = [X, OTHER], [PRICE, KIND]
    wanted = expected.fit(*as_arrays, epochs=2, batch_size=16, verbose=0, validation_data=as_arrays)
    # float32 data are those of float64, rounded, and so are weights.
    tolerance = {"rtol": 1e-5, "atol": 1e-6}
    for name, values in wanted.history.items():
        np.testing.assert_allclose(history.history[name], values, **tolerance, err_msg=name)
    np.testing.assert_allclose(model.parameters, expected.parameters, **tolerance)
    for got, right in zip(model.predict(given), expected.predict([X, OTHER]), strict=True):
        np.testing.assert_allclose(got, right, **tolerance)
    assert model.evaluate(given, targets) == pytest.approx(expected.evaluate(*as_arrays), rel=1e-5)
    assert model.train_on_batch(given, targets) == pytest.approx(expected.train_on_batch(*as_arrays), rel=1e-5)
    assert set(history.history) == {
        *("loss", "price_loss", "kind_loss", "kind_accuracy"),
        *("val_loss", "val_price_loss", "val_kind_loss", "val_kind_accuracy"),
    }


class Batches:
    def __iter__(self):
        for start in range(0, 40, 8):
            rows = slice(start, start + 8)
            yield {"one": X[rows], "other": OTHER[rows]}, {"price": PRICE[rows], "kind": KIND[rows]}


def test_batches_are_what_arrays_are():
    model, expected, watched = compiled(), compiled(), compiled()
    history = model.fit(Batches(), epochs=3, verbose=0, validation_data=Batches())
    wanted = expected.fit([X, OTHER], [PRICE, KIND], batch_size=8, shuffle=False, epochs=3, verbose=0)
    seen = []
    watcher = fastnn.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(logs["loss"]))
    watched.fit([X, OTHER], [PRICE, KIND], batch_size=8, shuffle=False, epochs=3, verbose=0, callbacks=[watcher])
    assert np.array_equal(model.parameters, expected.parameters)
    assert np.array_equal(watched.parameters, expected.parameters)
    assert len(seen) == 15
    for name, values in wanted.history.items():
        np.testing.assert_allclose(history.history[name], values, rtol=1e-6, err_msg=name)
    assert model.evaluate(Batches()) == pytest.approx(model.evaluate([X, OTHER], [PRICE, KIND]), rel=1e-6)


def test_weights_of_samples_and_outputs():
    weights = np.random.default_rng(3).uniform(size=40)
    model, doubled, by_output = compiled(), towers(), compiled()
    model.fit([X, OTHER], [PRICE, KIND], sample_weight=weights, epochs=2, shuffle=False, verbose=0)
    by_output.fit(
        [X, OTHER], [PRICE, KIND], sample_weight={"price": weights, "kind": weights}, epochs=2, shuffle=False, verbose=0
    )
    assert np.array_equal(model.parameters, by_output.parameters)
    doubled.compile("sgd", ["mse", "sparse_categorical_crossentropy"], loss_weights=[2, 0.5])
    loss, price, kind = doubled.evaluate([X, OTHER], [PRICE, KIND])
    assert loss == pytest.approx(2 * price + 0.5 * kind)
    plain = towers()
    plain.compile("sgd", ["mse", "sparse_categorical_crossentropy"])
    assert plain.evaluate([X, OTHER], [PRICE, KIND])[1:] == pytest.approx([price, kind])
    # An output without weight is judged, but teaches nothing.
    silent = towers()
    silent.compile("sgd", ["mse", "sparse_categorical_crossentropy"], loss_weights={"price": 1, "kind": 0})
    before = silent.get_layer("dense_2").get_weights()
    history = silent.fit([X, OTHER], [PRICE, KIND], verbose=0)
    assert all(np.array_equal(a, b) for a, b in zip(before, silent.get_layer("dense_2").get_weights(), strict=True))
    assert history.history["kind_loss"][0] > 0.5


def test_validation_split_and_early_stopping_by_an_output():
    model = compiled()
    stopping = fastnn.callbacks.EarlyStopping("val_kind_loss", patience=2, restore_best_weights=True)
    history = model.fit(
        [X, OTHER], [PRICE, KIND], validation_split=0.25, epochs=60, batch_size=4, verbose=0, callbacks=[stopping]
    )
    best = int(np.argmin(history.history["val_kind_loss"]))
    assert len(history.history["loss"]) == best + 3
    held_out = model.evaluate([X[30:], OTHER[30:]], [PRICE[30:], KIND[30:]], return_dict=True)
    assert held_out["kind_loss"] == pytest.approx(history.history["val_kind_loss"][best], rel=1e-6)


@pytest.mark.parametrize("make", [chain, skip, towers])
@pytest.mark.parametrize("way", ["file", "pickle", "copy", "deepcopy", "weights"])
def test_what_is_kept(make, way, tmp_path):
    model = make(seed=0)
    x = [X, OTHER] if make is towers else X
    y = [PRICE, PRICE] if make is towers else np.repeat(PRICE, model.output_shape[0], axis=1)
    losses = {"price": "mse", "kind": "mse"} if make is towers else "mse"
    metrics = {"kind": ["mae"]} if make is towers else ["mae"]
    if make is towers:
        y = [PRICE, np.eye(3)[KIND]]
    model.compile(fastnn.optimizers.Adam(0.01), losses, metrics=metrics)
    model.fit(x, y, epochs=3, batch_size=8, verbose=0)
    match way:
        case "file":
            model.save(tmp_path / "model.safetensors")
            again = fastnn.load_model(tmp_path / "model.safetensors")
        case "weights":
            model.save_weights(tmp_path / "weights.safetensors")
            again = make(seed=1)
            again.load_weights(tmp_path / "weights.safetensors")
            for one, other in zip(model.get_weights(), again.get_weights(), strict=True):
                assert np.array_equal(one, other)
            return
        case "pickle":
            again = pickle.loads(pickle.dumps(model))
        case "copy":
            again = copy.copy(model)
        case _:
            again = copy.deepcopy(model)
    assert type(again) is Model
    assert again.architecture() == model.architecture()
    assert repr(again) == repr(model)
    assert not set(map(id, again.layers)) & set(map(id, model.layers))
    histories = [one.fit(x, y, epochs=6, initial_epoch=3, batch_size=8, verbose=0) for one in (model, again)]
    assert np.array_equal(model.parameters, again.parameters)
    assert histories[0].history["loss"][-1] == histories[1].history["loss"][-1]
    assert again.compile(again.optimizer, again.loss, metrics=again.metrics) is None


def test_bytes_are_scaled_as_they_are_read():
    image, x = Input((4,)), Input((4,))
    model = Model([image, x], Add()([Rescaling(1 / 255)(image), x]))
    pictures = np.arange(8, dtype=np.uint8).reshape(2, 4) * 30
    np.testing.assert_allclose(model.predict([pictures, X[:2]]), pictures / 255 + X[:2], rtol=1e-6, atol=1e-6)


def test_the_same_bits_for_any_number_of_threads():
    results = []
    for threads in (1, 2):
        before = fastnn.get_num_threads()
        fastnn.set_num_threads(threads)
        try:
            model = compiled()
            model.fit([X, OTHER], [PRICE, KIND], epochs=2, verbose=0)
        finally:
            fastnn.set_num_threads(before)
        results.append(model.parameters.tobytes())
    assert results[0] == results[1]


def called(layer, *shapes):
    return layer([Input(shape) for shape in shapes] if len(shapes) > 1 else Input(shapes[0]))


def twice(layer, *shapes):
    for shape in shapes:
        called(layer, shape)


REFUSED = {
    "an array": (lambda: Dense(2)(X), TypeError, "what Dense is called on must be an Input, what a layer gave"),
    "an Input that is called": (lambda: Input((2,))(Input((2,))), TypeError, "an Input is where a graph begins"),
    "shapes that differ": (
        lambda: called(Add(name="sum"), (2,), (3,)),
        ValueError,
        r"sum does not fit: its inputs must have the same shape \(Input gives \(2,\), Input gives \(3,\)\)",
    ),
    "pictures side by side": (lambda: called(Concatenate(), (2, 2), (2, 2)), ValueError, "rows: put a Flatten"),
    "three to subtract": (lambda: called(layers.Subtract(), (2,), (2,), (2,)), ValueError, "it takes two inputs"),
    "one to add": (lambda: called(Add(), (2,)), ValueError, "merges at least two inputs"),
    "two for a dense layer": (lambda: called(Dense(2), (2,), (2,)), ValueError, "Dense takes one input, but .* on 2"),
    "a shared layer of two widths": (
        lambda: twice(Dense(2, name="shared"), (3,), (4,)),
        ValueError,
        r"shared was called on samples of shape \(3,\) before, and its weights are shared.* shape \(4,\)",
    ),
    "a merge in a chain": (
        lambda: Sequential([Input((2,)), Add()]),
        ValueError,
        "add .Add. does not fit: it merges at least two inputs",
    ),
    "an input that is not listed": (
        lambda: Model(a := Input((2,), name="a"), Add()([a, Input((2,), name="b")])),
        ValueError,
        r"the outputs depend on b, an Input of shape \(2,\) that is not among the inputs",
    ),
    "an input that nothing uses": (
        lambda: Model([a := Input((2,)), Input((2,), name="b")], Dense(1)(a)),
        ValueError,
        "no output depends on b: leave it out",
    ),
    "an output that is an input": (
        lambda: Model(a := Input((2,)), [Dense(1)(a), a]),
        ValueError,
        "an input and an out",
    ),
    "an input that is no Input": (
        lambda: Model(a := Dense(2)(Input((2,))), Dense(1)(a)),
        TypeError,
        "inputs must be those of an Input, but one is <SymbolicTensor of Dense",
    ),
    "an output twice": (lambda: Model(a := Input((2,)), [b := Dense(1)(a), b]), ValueError, "outputs must differ"),
    "no outputs": (lambda: Model(Input((2,)), []), ValueError, "at least one input and one output"),
    "two layers of one name": (
        lambda: Model(a := Input((2,)), Dense(1, name="same")(Dense(1, name="same")(a))),
        ValueError,
        "names of layers must differ",
    ),
    "no loss for an output": (
        lambda: towers().compile("sgd", {"price": "mse"}),
        ValueError,
        "loss must have price, kind as keys, but it has no 'kind'",
    ),
    "a loss that is None": (lambda: towers().compile("sgd", ["mse", None]), ValueError, "the output kind has no loss"),
    "a loss for nothing": (
        lambda: towers().compile("sgd", {"price": "mse", "kind": "mse", "size": "mse"}),
        ValueError,
        "it has 'size', which is none of them",
    ),
    "a loss too many": (
        lambda: towers().compile("sgd", ["mse"] * 3),
        ValueError,
        "loss must have 2 parts, price, kind",
    ),
    "a loss that has no meaning": (
        lambda: towers().compile("sgd", ["categorical_crossentropy", "mse"]),
        ValueError,
        "the output price: ",
    ),
    "a weight that is negative": (
        lambda: towers().compile("sgd", "mse", loss_weights=[1, -1]),
        ValueError,
        "loss_weights must be finite numbers of at least 0, but one is -1",
    ),
    "weights for one output": (lambda: skip().compile("sgd", "mse", loss_weights=[1.0]), ValueError, "several outputs"),
    "metrics for nothing": (
        lambda: towers().compile("sgd", "mse", metrics={"size": "mae"}),
        ValueError,
        "metrics must have price, kind as keys, but has 'size'",
    ),
    "metrics that are no list for each": (
        lambda: towers().compile("sgd", "mse", metrics=["mae"]),
        ValueError,
        "metrics must have 2 parts",
    ),
    "one array for two inputs": (lambda: compiled().predict(X), TypeError, "x must be a list in the order one, other"),
    "a key that is missing": (lambda: compiled().predict({"one": X}), ValueError, "it has no 'other'"),
    "samples that are not as many": (
        lambda: compiled().predict([X, OTHER[:3]]),
        ValueError,
        r"as many samples for each input, but it has \[40, 3\]",
    ),
    "another shape": (
        lambda: compiled().predict([X, OTHER[:, :1]]),
        ValueError,
        r"x\['other'\] must have shape \(samples, 2, 3\), but its shape is \(40, 1, 3\)",
    ),
    "NaN": (
        lambda: compiled().fit([X, np.full_like(OTHER, np.nan)], [PRICE, KIND]),
        ValueError,
        "x must hold finite numbers",
    ),
    "a class that is not there": (
        lambda: compiled().fit([X, OTHER], [PRICE, KIND + 5]),
        ValueError,
        "the output kind: ",
    ),
    "weights of classes": (
        lambda: compiled().fit([X, OTHER], [PRICE, KIND], class_weight={0: 2.0}),
        ValueError,
        "class_weight is for models with one output",
    ),
    "augmentation": (
        lambda: compiled().fit([X, OTHER], [PRICE, KIND], augmentation=lambda x, rng: x),
        ValueError,
        "augmentation is for models with one input",
    ),
    "a symbolic tensor as numbers": (lambda: np.asarray(Input((2,)).tensor), TypeError, "has no numbers"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name):
    act, error, message = REFUSED[name]
    with pytest.raises(error, match=message):
        act()


def test_a_layer_of_a_model_that_was_refused_is_free():
    x = Input((2,))
    hidden = Dense(3, name="same")(x)
    with pytest.raises(ValueError, match="names of layers must differ"):
        Model(x, Dense(1, name="same")(hidden))
    assert Model(x, Dense(1)(hidden)).predict(np.ones((1, 2))).shape == (1, 1)
