"""Metrics that are functions of a user's own: once a batch, as Keras calls them, in sizes that divide nothing."""

import math

import numpy as np
import pytest

import fastnn
import fastnn.keras as ours
from fastnn.keras import backend as K
from fastnn.keras import ops

# Roundings of float32 in sums of up to 53 numbers, in values of up to 10; each of a few steps adds some.
TOLERANCE = {"rtol": 2e-4, "atol": 2e-5}


def functions_of(ops):
    """R² and F1 as tutorials have them, one number a batch; a number a sample, and one a number of each."""

    def r_squared(y_true, y_pred):
        residual = ops.sum(ops.square(y_true - y_pred))
        return 1 - residual / (ops.sum(ops.square(y_true - ops.mean(y_true))) + 1e-7)

    def f1(y_true, y_pred):
        true, found = ops.round(ops.clip(y_true, 0, 1)), ops.round(ops.clip(y_pred, 0, 1))
        both = ops.sum(true * found)
        precision, recall = both / (ops.sum(found) + 1e-7), both / (ops.sum(true) + 1e-7)
        return 2 * precision * recall / (precision + recall + 1e-7)

    def by_sample(y_true, y_pred):
        return ops.mean(ops.abs(y_true - y_pred), axis=-1)

    def by_number(y_true, y_pred):
        return ops.square(y_true - y_pred)

    return [r_squared, f1, by_sample, by_number]


def data(count=53):
    rng = np.random.default_rng(3)
    x = rng.normal(size=(count, 4)).astype(np.float32)
    return x, (x[:, :1] + 0.3 * rng.normal(size=(count, 1)) > 0).astype(np.float32), rng.random(count)


def model_of(keras, metrics, **options):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, activation="sigmoid")])
    model.compile(optimizer=keras.optimizers.SGD(0.5), loss="mse", metrics=metrics, **options)
    model.set_weights([np.array([[0.6], [-0.4], [0.3], [0.2]]), np.array([0.1])])
    return model


def values(keras, ops, weighted):
    x, y, weights = data(44)
    functions = functions_of(ops)
    # Keras takes no weights for what gives one number a batch.
    more = {"weighted_metrics": functions[2:]} if weighted else {}
    model = model_of(keras, functions[:2] if weighted else functions, jit_compile=False, **more)
    weighed = {"sample_weight": weights} if weighted else {}
    how = {"shuffle": False, "verbose": 0, **weighed}
    split = model.fit(x, y, batch_size=10, epochs=2, validation_split=0.25, validation_batch_size=4, **how).history
    given = model.fit(x, y, validation_data=(x, y), **how).history
    found = [one for kept in (split, given) for name in sorted(kept) for one in kept[name]]
    # Of few sizes: Keras over JAX compiles each operation for each.
    for size in (None, 10):
        scores = model.evaluate(x, y, batch_size=size, verbose=0, return_dict=True, **weighed)
        found += [scores[name] for name in sorted(scores)]
    return np.array([float(one) for one in found])


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
def test_values_are_those_of_keras(keras, weighted):
    np.testing.assert_allclose(values(ours, ops, weighted), values(keras, keras.ops, weighted), **TOLERANCE)


def expected(function, y, outputs, rows):
    """The mean over batches by hand."""
    return np.mean([float(function(y[one], outputs[one])) for one in rows])


def test_batches_of_a_shuffled_epoch_are_those_that_were_trained_on():
    x, y, _ = data()
    seen = []

    def first(y_true, y_pred):
        seen.append(np.array(y_pred)[:, 0])
        return K.max(y_pred)

    model = model_of(ours, [first])
    model.optimizer.learning_rate = 0.0
    outputs = model.predict(x)[:, 0]
    state = model.rng.bit_generator.state
    value = model.fit(x, y, batch_size=10, verbose=0).history["first"][0]
    model.rng.bit_generator.state = state
    order = model.rng.permutation(53)
    assert not np.array_equal(order, np.arange(53))
    batches = [outputs[order[start : start + 10]] for start in range(0, 53, 10)]
    for one, other in zip(seen, batches, strict=True):
        np.testing.assert_allclose(one, other, **TOLERANCE)
    assert value == pytest.approx(np.mean([one.max() for one in batches]), rel=1e-6)


class Watching(ours.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        pass

    def on_test_batch_end(self, batch, logs=None):
        pass


class Parts(ours.utils.PyDataset):
    def __init__(self, x, y):
        super().__init__()
        self.x, self.y = x, y

    def __len__(self):
        return 6

    def __getitem__(self, number):
        rows = slice(10 * number, 10 * number + 10)
        return self.x[rows], self.y[rows]


def test_watched_batches_and_those_of_iterables_are_the_same():
    x, y, _ = data()

    def run(*given, **options):
        model = model_of(ours, functions_of(ops))
        kept = model.fit(*given, epochs=2, shuffle=False, verbose=0, **options).history
        return kept, model

    kept, model = run(x, y, batch_size=10, validation_data=(x, y))
    watched, _ = run(x, y, batch_size=10, validation_data=(x, y), callbacks=[Watching()])
    parts = Parts(x, y)
    iterated, _ = run(parts, validation_data=parts)
    for name, numbers in kept.items():
        np.testing.assert_allclose(watched[name], numbers, **TOLERANCE, err_msg=name)
        np.testing.assert_allclose(iterated[name], numbers, **TOLERANCE, err_msg=name)
    outputs, function = model.predict(x), functions_of(np)[0]
    whole, by_ten = (
        expected(function, y, outputs, [slice(None)]),
        expected(function, y, outputs, [slice(start, start + 10) for start in range(0, 53, 10)]),
    )
    # What proves that batches are looked at: the two differ.
    assert abs(whole - by_ten) > 0.01
    assert model.evaluate(x, y, 10, return_dict=True)["r_squared"] == pytest.approx(by_ten, rel=1e-5)
    assert model.test_on_batch(x, y, return_dict=True)["r_squared"] == pytest.approx(whole, rel=1e-5)
    assert model.train_on_batch(x, y, return_dict=True)["r_squared"] == pytest.approx(whole, rel=1e-5)


def test_several_outputs_each_with_functions():
    x, y, _ = data()
    begin = ours.Input((4,))
    ends = [ours.layers.Dense(1, name="a")(begin), ours.layers.Dense(1, name="b")(begin)]
    model = ours.Model(begin, ends)
    function = functions_of(ops)[0]
    model.compile("sgd", "mse", metrics={"b": [function], "a": ["mae"]})
    rows = [slice(start, start + 32) for start in range(0, 53, 32)]
    value = model.evaluate(x, [y, 1 - y], return_dict=True)["b_r_squared"]
    assert value == pytest.approx(expected(functions_of(np)[0], 1 - y, model.predict(x)[1], rows), rel=1e-4)


@pytest.mark.parametrize("targets", [np.float64, np.int64, bool, np.uint8])
def test_targets_come_in_the_shape_and_type_of_outputs(targets):
    seen = []

    def look(y_true, y_pred):
        seen.append((y_true.shape, y_true.dtype, y_pred.shape))
        return K.mean(-y_true)

    x, y, _ = data()
    assert model_of(ours, [look]).evaluate(x, y[:, 0].astype(targets))[1] <= 0
    assert seen == [((32, 1), np.float32, (32, 1)), ((21, 1), np.float32, (21, 1))]


def test_class_numbers_come_as_they_do_in_keras():
    def right(y_true, y_pred):
        return ops.cast(ops.equal(y_true, ops.argmax(y_pred, axis=-1)), "float32")

    x, _, _ = data()
    classes = x[:, :3].argmax(axis=1)
    model = ours.Sequential([ours.Input((4,)), ours.layers.Dense(3, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=[right, "accuracy"])
    _, mine, known = model.evaluate(x, classes)
    assert mine == pytest.approx(known, abs=1e-6)


def test_names_classes_and_functions_of_the_package_are_of_the_whole():
    x, y, _ = data()
    model = model_of(ours, ["mae", fastnn.metrics.r2, ours.metrics.R2Score(name="of_class")])
    _, mae, r2, of_class = model.evaluate(x, y)
    assert mae == pytest.approx(np.mean(np.abs(y - model.predict(x))), rel=1e-5)
    assert r2 == pytest.approx(of_class, rel=1e-5)
    plain = fastnn.Sequential([fastnn.layers.Input(4), fastnn.layers.Dense(1)])
    function = functions_of(np)[0]
    plain.compile("sgd", "mse", metrics=[function])
    assert plain.evaluate(x, y)[1] == pytest.approx(float(function(y, plain.predict(x))), rel=1e-5)


def test_a_model_from_a_file_judges_as_before(tmp_path):
    x, y, _ = data()
    function = functions_of(ops)[0]
    model = model_of(ours, [function])
    model.save(tmp_path / "model.safetensors")
    again = ours.models.load_model(tmp_path / "model.safetensors", custom_objects={"r_squared": function})
    assert again.evaluate(x, y, 10) == model.evaluate(x, y, 10)


def test_what_gives_no_numbers_is_refused():
    x, y, _ = data()
    with pytest.raises(TypeError, match=r"the metric words returned .*a number, or one for each sample"):
        model_of(ours, [words]).evaluate(x, y)
    metric = ours.function_metrics.BatchMetric(functions_of(np)[2])
    assert math.isnan(metric.result())


def words(y_true, y_pred):
    return "much"
