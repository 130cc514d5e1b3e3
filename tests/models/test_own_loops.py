"""`gradients`, `backward`, `apply_gradients` and `jacobian`: against differences, training steps, and each other."""

import copy
import pickle
import threading

import numpy as np
import pytest

import fastnn
from fastnn import layers, optimizers
from fastnn.callbacks import Callback
from fastnn.optimizers import schedules

RNG = np.random.default_rng(5)
X, Z = RNG.normal(size=(6, 4)), RNG.normal(size=(6, 3))
Y, CLASSES = RNG.normal(size=(6, 2)), np.array([0, 1, 1, 0, 1, 0])


def chain(*inner, end="linear", dtype="float64"):
    return fastnn.Sequential([layers.Input((4,)), *inner, layers.Dense(2, end)], dtype=dtype, seed=3)


def skip():
    inputs = layers.Input((4,))
    shared = layers.Dense(4, "tanh")
    value = layers.Add()([shared(inputs), layers.Multiply()([shared(shared(inputs)), inputs])])
    return fastnn.Model(inputs, layers.Dense(2)(value), dtype="float64", seed=3)


def two_and_two():
    first, second = layers.Input((4,), name="first"), layers.Input((3,), name="second")
    both = layers.Concatenate()([layers.Dense(5, "gelu")(first), second])
    ends = {"price": layers.Dense(2)(both), "kind": layers.Dense(3, "softmax")(both)}
    return fastnn.Model([first, second], ends, dtype="float64", seed=3)


def tables():
    codes, numbers = layers.Input((2,), name="codes"), layers.Input((4,), name="numbers")
    table = layers.Embedding(5, 3)
    both = layers.Concatenate()([layers.Flatten()(table(codes)), layers.Dense(3, "tanh")(numbers)])
    return fastnn.Model([codes, numbers], layers.Dense(2)(both), dtype="float64", seed=3)


def within():
    """A model within, called twice, beside a layer of another model."""
    other = chain(layers.Dense(4, "tanh"))
    other.build()
    inner = fastnn.Sequential([layers.Input((4,)), layers.Dense(4, "silu")], dtype="float64", seed=7)
    x = layers.Input((4,))
    value = layers.Add()([inner(inner(x)), other.layers[0](x)])
    return fastnn.Model(x, layers.Dense(2)(value), dtype="float64", seed=3)


CODES = np.array([[0, 4], [1, 1], [4, 2], [0, 0], [2, 1], [4, 4]])


# What makes the model, and what its loss, data and targets are.
ONE = ("mse", X, Y)
MODELS = {
    "linear": (lambda: chain(), *ONE),
    "tanh": (lambda: chain(layers.Dense(7, "tanh")), *ONE),
    "no bias": (lambda: chain(layers.Dense(5, "silu", use_bias=False)), *ONE),
    "softmax": (lambda: chain(layers.Dense(9, "elu"), end="softmax"), "sparse_categorical_crossentropy", X, CLASSES),
    "sigmoid": (
        lambda: chain(layers.Dense(9, "softplus"), end="sigmoid"),
        "binary_crossentropy",
        X,
        np.eye(2)[CLASSES],
    ),
    "penalties": (lambda: chain(layers.Dense(6, "tanh", kernel_regularizer=fastnn.regularizers.L1L2(0.1, 0.2))), *ONE),
    "layer normalisation": (
        lambda: chain(layers.Dense(6), layers.LayerNormalization(), layers.Activation("tanh")),
        *ONE,
    ),
    "skip": (skip, *ONE),
    "within": (within, *ONE),
    "categories": (tables, "mse", {"codes": CODES, "numbers": X}, Y),
    "two and two": (
        two_and_two,
        {"price": "mse", "kind": "sparse_categorical_crossentropy"},
        {"first": X, "second": Z},
        {"price": Y, "kind": np.array([0, 2, 1, 1, 0, 2])},
    ),
}
# Layers that are otherwise in training than in prediction: no differences of `evaluate` tell their gradients.
TRAINING = {
    "dropout": (lambda: chain(layers.Dense(30, "tanh"), layers.Dropout(0.4)), *ONE),
    "noise": (lambda: chain(layers.GaussianNoise(0.3), layers.Dense(5, "tanh")), *ONE),
    "batch normalisation": (
        lambda: chain(layers.Dense(6), layers.BatchNormalization(), layers.Activation("tanh")),
        *ONE,
    ),
}


def compiled(case, optimizer="sgd"):
    make, loss, x, y = case
    model = make()
    model.compile(optimizer, loss)
    return model, x, y


def each(data):
    return list(data.values()) if isinstance(data, dict) else data if isinstance(data, list) else [data]


def arrays_of(model):
    """All arrays that learn, by name."""
    for layer in model.layers:
        for variable in layer.variables():
            if variable.trainable:
                yield f"{layer.name}.{variable.name}", layer.arrays[variable.name]


def numbers_of(model):
    return np.concatenate([array.ravel() for _, array in arrays_of(model)])


def differences(function, array, step=1e-6):
    """Central differences of a function of nothing by the numbers of an array that it reads."""
    found = np.zeros_like(array)
    for place in np.ndindex(array.shape):
        old = array[place]
        array[place] = old + step
        above = function()
        array[place] = old - step
        found[place] = (above - function()) / (2 * step)
        array[place] = old
    return found


@pytest.mark.parametrize("name", MODELS)
def test_gradients_are_the_differences_of_the_loss(name):
    model, x, y = compiled(MODELS[name])
    x = copy.deepcopy(x)
    found = model.gradients(x, y, inputs=True)

    def loss():
        return model.evaluate(x, y, return_dict=True)["loss"]

    # Central differences in float64 are right to some 1e-9.
    assert found.loss == pytest.approx(loss(), rel=1e-12)
    arrays = dict(arrays_of(model))
    assert list(found.named) == list(arrays)
    for called, gradient in found.named.items():
        np.testing.assert_allclose(gradient, differences(loss, arrays[called]), atol=1e-7)
    for array, gradient in zip(each(x), each(found.inputs), strict=True):
        if array.dtype.kind == "i":
            assert gradient is None
            continue
        np.testing.assert_allclose(gradient, differences(loss, array), atol=1e-7)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", [*MODELS, *TRAINING])
def test_gradients_are_those_of_a_training_step(name, weighted):
    case = (MODELS | TRAINING)[name]
    model, x, y = compiled(case, optimizers.SGD(1.0))
    weights = np.array([1, 2, 0.5, 0, 1, 3.0]) if weighted else None
    before = numbers_of(model)
    twin, *_ = compiled(case)
    found = twin.gradients(x, y, sample_weight=weights)
    np.testing.assert_array_equal(numbers_of(twin), before)
    loss = model.train_on_batch(x, y, sample_weight=weights, return_dict=True)["loss"]
    # The same sums, but for the order in which a weight is added to its step.
    assert found.loss == pytest.approx(loss, rel=1e-12)
    gradient = np.concatenate([view.ravel() for view in found.named.values()])
    np.testing.assert_allclose(before - gradient, numbers_of(model), atol=1e-12)


@pytest.mark.parametrize("name", ["tanh", "skip", "two and two", "layer normalisation"])
def test_backward_of_the_losses_slope_is_the_gradient(name):
    model, x, y = compiled(MODELS[name])
    if name == "two and two":
        model.compile("sgd", "mse")
        y = {"price": Y, "kind": Z}
    outputs = model.predict(x)
    slopes = [2 * (out - target) / target.size for out, target in zip(each(outputs), each(y), strict=True)]
    found = model.backward(x, slopes if len(slopes) > 1 else slopes[0], inputs=True)
    expected = model.gradients(x, y, inputs=True)
    assert found.loss is None
    # Other roundings of the same products.
    np.testing.assert_allclose(found.parameters, expected.parameters, atol=1e-13)
    for one, other in zip(each(found.inputs), each(expected.inputs), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-13)


RULES = {
    "sgd": lambda: optimizers.SGD(0.1),
    "momentum": lambda: optimizers.SGD(0.1, momentum=0.9, nesterov=True),
    "adam": lambda: optimizers.Adam(0.1),
    "amsgrad": lambda: optimizers.Adam(0.1, amsgrad=True),
    "nadam": lambda: optimizers.Nadam(0.05),
    "rmsprop": lambda: optimizers.RMSprop(0.05, momentum=0.5, centered=True),
    "lion": lambda: optimizers.Lion(0.01),
    "clipped": lambda: optimizers.Adam(0.1, clipnorm=0.1),
    "clipped all": lambda: optimizers.SGD(0.5, global_clipnorm=0.2, weight_decay=0.01),
    "clipped values": lambda: optimizers.SGD(0.5, clipvalue=0.05),
    "schedule": lambda: optimizers.SGD(schedules.ExponentialDecay(0.2, 3, 0.5)),
}


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("name", ["tanh", "penalties", "two and two", "categories", "batch normalisation", "within"])
def test_steps_by_gradients_are_those_of_train_on_batch(name, rule):
    case = (MODELS | TRAINING)[name]
    model, x, y = compiled(case, RULES[rule]())
    twin, *_ = compiled(case, RULES[rule]())
    for _ in range(8):
        model.train_on_batch(x, y)
        twin.apply_gradients(twin.gradients(x, y))
    assert twin.optimizer_state.step == 8
    # Penalties on squares are part of the step there, and of the gradient here: other roundings.
    np.testing.assert_allclose(numbers_of(twin), numbers_of(model), atol=1e-11)


def test_a_constraint_holds_after_a_step_by_gradients():
    inner = layers.Dense(6, kernel_constraint=fastnn.constraints.MaxNorm(0.5))
    model, x, y = compiled((lambda: chain(inner), *ONE), optimizers.SGD(1.0))
    model.apply_gradients(model.gradients(x, y))
    # A sum of squares, its root and a division in float64.
    assert np.linalg.norm(model.layers[0].kernel, axis=0).max() <= 0.5 * (1 + 1e-12)


def test_the_optimizer_goes_on_whoever_steps():
    twin, x, y = compiled(MODELS["tanh"], "adam")
    model, *_ = compiled(MODELS["tanh"], "adam")
    for number in range(9):
        twin.train_on_batch(x, y)
        if number % 3 == 0:
            model.train_on_batch(x, y)
        elif number % 3 == 1:
            model.apply_gradients(model.gradients(x, y).parameters)
        else:
            model.fit(x, y, batch_size=6, epochs=1, verbose=0, shuffle=False)
    np.testing.assert_allclose(model.parameters, twin.parameters, atol=1e-12)
    assert pickle.loads(pickle.dumps(model)).optimizer_state.step == 9


@pytest.mark.parametrize("name", [*MODELS, *TRAINING])
def test_jacobian_is_the_differences_of_predictions(name):
    model, x, y = compiled((MODELS | TRAINING)[name])
    # Moving statistics that are not those of the start.
    model.fit(x, y, epochs=2, verbose=0)
    x = copy.deepcopy(x)
    found = model.jacobian(x)
    for number, of_output in enumerate(found if len(model.output_names) > 1 else [found]):
        for array, jacobian in zip(each(x), each(of_output), strict=True):
            if jacobian is None:
                continue
            for column in range(jacobian.shape[1]):

                def output(number=number, column=column):
                    return each(model.predict(x))[number][:, column].sum()

                np.testing.assert_allclose(jacobian[:, column], differences(output, array), atol=1e-7)


def test_batches_of_all_sizes_and_forms_give_the_same():
    x = RNG.normal(size=(70, 4)).astype(np.float32)
    y = RNG.normal(size=(70, 2)).astype(np.float32)
    model = chain(layers.Dense(40, "relu"), dtype="float32")
    model.compile("sgd", "mse")
    for rows in (1, 2, 3, 70, 5, 69):
        expected = model.gradients(x[:rows].astype(np.float64), y[:rows].astype(np.float64), inputs=True)
        wide = np.zeros((rows, 11), np.float32)
        wide[:, ::2][:, :4] = x[:rows]
        read_only = x[:rows].copy()
        read_only.flags.writeable = False
        for form in (x[:rows], x[:rows].tolist(), wide[:, ::2][:, :4], read_only, np.asfortranarray(x[:rows])):
            found = model.gradients(form, y[:rows], inputs=True)
            np.testing.assert_array_equal(found.parameters, expected.parameters)
            np.testing.assert_array_equal(found.inputs, expected.inputs)
    image = RNG.integers(0, 256, size=(3, 4), dtype=np.uint8)
    np.testing.assert_array_equal(
        model.gradients(image, y[:3]).parameters, model.gradients(image.astype(np.float32), y[:3]).parameters
    )


def test_inputs_that_are_scaled_have_their_own_gradient():
    x = RNG.integers(0, 256, size=(5, 4)).astype(np.float64)
    y = RNG.normal(size=(5, 2))
    model = fastnn.Sequential(
        [layers.Input((4,)), layers.Rescaling(1 / 255, offset=-0.5), layers.Dense(6, "tanh"), layers.Dense(2)],
        dtype="float64",
        seed=1,
    )
    model.compile("sgd", "mse")
    found = model.gradients(x, y, inputs=True).inputs
    np.testing.assert_allclose(found, differences(lambda: model.evaluate(x, y), x, 1e-4), atol=1e-8)


def test_frozen_layers_have_no_gradient_and_stay():
    model, x, y = compiled(MODELS["tanh"], "adam")
    everything = model.gradients(x, y)
    for number, layer in enumerate(model.layers):
        layer.trainable = False
        before = model.get_weights()
        found = model.gradients(x, y, inputs=True)
        names = [name for name, view in found.named.items() if view.any()]
        assert names == [name for name in found.named if not name.startswith(f"{layer.name}.")]
        np.testing.assert_array_equal(found.named[names[0]], everything.named[names[0]])
        model.apply_gradients(everything)
        for index, (one, other) in enumerate(zip(before, model.get_weights(), strict=True)):
            assert (one == other).all() == (index // 2 == number)
        layer.trainable = True
        model.set_weights(before)


def test_named_views():
    model, x, y = compiled(TRAINING["batch normalisation"])
    found = model.gradients(x, y)
    assert [*found.named] == [
        *("dense.kernel", "dense.bias", "batch_normalization.gamma", "batch_normalization.beta"),
        *("dense_1.kernel", "dense_1.bias"),
    ]
    assert found.named["dense_1.kernel"].base is not None
    found.parameters[:] = 0
    assert not any(view.any() for view in found.named.values())


def test_dropout_draws_anew_each_time_and_repeats_with_the_seed():
    (model, x, y), (twin, *_) = compiled(TRAINING["dropout"]), compiled(TRAINING["dropout"])
    first, second = model.gradients(x, y).parameters, model.gradients(x, y).parameters
    assert (first != second).any()
    np.testing.assert_array_equal(first, twin.gradients(x, y).parameters)
    # A larger batch does not begin anew.
    more = np.concatenate([x, x]), np.concatenate([y, y])
    model.gradients(*more)
    assert (model.gradients(x, y).parameters != first).any()


def test_dropout_goes_on_drawing_where_layers_are_frozen_in_turn():
    (model, x, y), (twin, *_) = compiled(TRAINING["dropout"]), compiled(TRAINING["dropout"])
    plain, in_turn = [], []
    for number in range(6):
        plain.append(twin.gradients(x, y).loss)
        model.layers[-1].trainable = number % 2 == 0
        in_turn.append(model.gradients(x, y).loss)
    assert len(set(plain)) == 6
    assert in_turn == plain


def test_threads_ask_in_turn():
    model, x, y = compiled(MODELS["tanh"])
    expected = model.gradients(x, y).parameters
    found, raised = [], []

    def ask():
        try:
            found.extend(model.gradients(x, y).parameters for _ in range(30))
        except Exception as error:
            raised.append(error)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not raised
    assert len(found) == 90
    assert all((one == expected).all() for one in found)


def test_moving_statistics_move_as_in_training():
    (model, x, y), (twin, *_) = compiled(TRAINING["batch normalisation"]), compiled(TRAINING["batch normalisation"])
    model.gradients(x, y)
    twin.train_on_batch(x, y)
    for one, other in zip(model.get_weights()[4:6], twin.get_weights()[4:6], strict=True):
        np.testing.assert_array_equal(one, other)


def test_gradients_of_a_fit_under_way():
    model, x, y = compiled(MODELS["tanh"])
    norms, refused = [], []

    class Watch(Callback):
        def on_epoch_end(self, epoch, logs=None):
            found = model.gradients(x, y)
            norms.append(np.linalg.norm(found.parameters))
            with pytest.raises(RuntimeError, match="being trained"):
                model.apply_gradients(found)
            refused.append(epoch)

    model.fit(x, y, epochs=3, verbose=0, callbacks=[Watch()])
    assert len(norms) == len(refused) == 3
    assert norms[0] > norms[-1]


def normalized():
    lookup = layers.Normalization()
    lookup.adapt(X)
    return chain(lookup)


def frozen_within():
    inner = chain(layers.BatchNormalization(trainable=False))
    return fastnn.Sequential([inner, layers.Dense(2)], dtype="float64", seed=3)


# What makes the model, and whether its statistics move on the way forward.
STATISTICS = {
    "none": (lambda: chain(layers.LayerNormalization()), False),
    "of the data": (normalized, False),
    "moving": (lambda: chain(layers.BatchNormalization()), True),
    "frozen": (lambda: chain(layers.BatchNormalization(trainable=False)), False),
    "frozen in a model within": (frozen_within, False),
    "moving in a model within": (lambda: chain(chain(layers.BatchNormalization()), layers.Dense(4)), True),
}


@pytest.mark.parametrize("case", STATISTICS)
def test_what_leaves_all_arrays_as_they_are_may_be_asked_while_the_model_is_trained(case):
    make, moves = STATISTICS[case]
    model = make()
    model.compile("sgd", "mse")
    before = model.get_weights()
    for ask in (lambda: model.gradients(X, Y), lambda: model.backward(X, Y), lambda: model.gradients(X, Y, np.ones(6))):
        ask()
    assert moves != all(map(np.array_equal, before, model.get_weights()))
    before = model.get_weights()
    model.jacobian(X)
    assert all(map(np.array_equal, before, model.get_weights()))
    refused = []

    class Watch(Callback):
        def on_epoch_end(self, epoch, logs=None):
            for ask in (lambda: model.gradients(X, Y), lambda: model.backward(X, Y)):
                try:
                    ask()
                    refused.append(False)
                except RuntimeError as error:
                    refused.append("the model is being trained" in str(error))

    model.fit(X, Y, epochs=2, verbose=0, callbacks=[Watch()])
    assert refused == [moves] * 4
    for layer in model.layers:
        layer.trainable = False
    before = model.get_weights()
    model.gradients(X, Y)
    assert all(map(np.array_equal, before, model.get_weights()))
    model.trainable = True
    model.gradients(X, Y)
    expected = moves or "frozen" in case
    assert expected != all(map(np.array_equal, before, model.get_weights()))


def changed(x, place, value):
    x = x.copy()
    x[place] = value
    return x


BAD = {
    "x of another width": (ValueError, r"x must have shape \(samples, 4\)", lambda m: m.gradients(X[:, :3], Y)),
    "NaN in x": (ValueError, "x must hold finite numbers", lambda m: m.gradients(changed(X, (2, 1), np.nan), Y)),
    "no rows": (ValueError, "at least one sample", lambda m: m.gradients(X[:0], Y[:0])),
    "y of another length": (ValueError, "y ", lambda m: m.gradients(X, Y[:3])),
    "weights of another length": (ValueError, "sample_weight", lambda m: m.gradients(X, Y, sample_weight=[1.0])),
    "too large": (FloatingPointError, "loss", lambda m: m.gradients(X, Y * 1e300)),
    "output gradient of another shape": (ValueError, "output_gradient must", lambda m: m.backward(X, Y[:, :1])),
    "output gradient of one row less": (ValueError, "output_gradient must", lambda m: m.backward(X, Y[:5])),
    "NaN in the output gradient": (ValueError, "output_gradient", lambda m: m.backward(X, changed(Y, (0, 0), np.nan))),
    "words in the output gradient": (TypeError, "output_gradient", lambda m: m.backward(X, [["a", "b"]] * 6)),
    "infinite gradient": (
        FloatingPointError,
        "gradient with respect to",
        lambda m: m.backward(X, np.full_like(Y, 1e308)),
    ),
    "jacobian of another width": (ValueError, "x must have shape", lambda m: m.jacobian(X[:, :3])),
    "NaN in jacobian": (ValueError, "x must hold finite numbers", lambda m: m.jacobian(changed(X, (0, 0), np.nan))),
    "no vector": (TypeError, "what model.gradients returned", lambda m: m.apply_gradients([Y])),
    "vector of another size": (ValueError, "shape of model.parameters", lambda m: m.apply_gradients(np.zeros(3))),
    "a column": (ValueError, "shape of model.parameters", lambda m: m.apply_gradients(m.parameters[:, None])),
    "a list": (TypeError, "but it is a list", lambda m: m.apply_gradients(m.parameters.tolist())),
    "NaN in the vector": (ValueError, "gradients", lambda m: m.apply_gradients(m.parameters * np.nan)),
    "steps to infinity": (
        FloatingPointError,
        "not finite",
        lambda m: m.apply_gradients(np.full_like(m.parameters, 1e308)),
    ),
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("warm", [False, True])
def test_bad_input_leaves_the_model_as_it_was(name, warm):
    error, text, call = BAD[name]
    model, x, y = compiled(MODELS["tanh"], optimizers.SGD(100.0))
    if warm:
        model.gradients(x, y)
        model.backward(x, Y)
        model.apply_gradients(np.zeros_like(model.parameters))
    before = model.parameters.copy()
    with np.errstate(over="ignore", invalid="ignore"), pytest.raises(error, match=text):
        call(model)
    np.testing.assert_array_equal(model.parameters, before)


def test_a_step_to_infinity_is_tried_once():
    """The optimiser starts anew behind it: a second try, without its momentum, might succeed in silence."""
    model = chain()
    model.compile(optimizers.SGD(1.0, momentum=1.0 - 1e-9), "mse")
    huge = np.full_like(model.parameters, 1e308)
    model.apply_gradients(huge * 0.5)
    before = model.parameters.copy()
    with pytest.raises(FloatingPointError, match="not finite"):
        model.apply_gradients(huge * 0.85)
    np.testing.assert_array_equal(model.parameters, before)
    assert model.optimizer_state.step == 0


def test_steps_of_every_form_of_vector_are_the_same():
    results = []
    for form in (lambda g: g, lambda g: g.parameters, lambda g: np.repeat(g.parameters, 2)[::2], as_other_numbers):
        model, x, y = compiled(MODELS["tanh"], optimizers.Adam(0.01))
        for _ in range(3):
            model.apply_gradients(form(model.gradients(x, y)))
        results.append(model.parameters.tobytes())
    assert len(set(results)) == 1


def as_other_numbers(gradients):
    return gradients.parameters.astype(np.longdouble)


def test_a_rate_that_is_none_is_refused_in_later_steps_too():
    model, x, y = compiled(MODELS["tanh"], optimizers.SGD(lambda step: 0.1 if step == 0 else -1.0))
    model.apply_gradients(model.gradients(x, y))
    before = model.parameters.copy()
    with pytest.raises(ValueError, match="must give a finite rate of at least 0, but gave -1"):
        model.apply_gradients(model.gradients(x, y))
    np.testing.assert_array_equal(model.parameters, before)


@pytest.mark.parametrize("as_list", [False, True])
def test_nothing_moves_while_another_trains(as_list):
    """Whatever form the first batch has that is asked for."""
    model = chain(layers.BatchNormalization())
    model.compile("sgd", "mse")
    model.build()
    step = np.zeros_like(model.parameters)
    with model.exclusively():
        for ask in (
            lambda x: model.gradients(x, Y),
            lambda x: model.backward(x, Y),
            lambda x: model.apply_gradients(step),
        ):
            with pytest.raises(RuntimeError, match="the model is being trained"):
                ask(X.tolist() if as_list else X)


def test_what_has_to_come_before():
    model = chain()
    with pytest.raises(RuntimeError, match="not compiled"):
        model.gradients(X, Y)
    assert model.backward(X, Y).parameters.shape == model.parameters.shape
    with pytest.raises(RuntimeError, match="not compiled"):
        model.apply_gradients(np.zeros_like(model.parameters))
    model.compile(optimizers.LBFGS(), "mse")
    with pytest.raises(ValueError, match="LBFGS"):
        model.apply_gradients(model.gradients(X, Y))
