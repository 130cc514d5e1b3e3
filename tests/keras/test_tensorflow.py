"""What scripts take of TensorFlow: data sets, tapes, and functions of arrays."""

import itertools
import os

import numpy as np
import pytest

import fastnn.keras.tensorflow as tf
from fastnn.keras.tensorflow.data import Dataset

RNG = np.random.default_rng(0)
X = RNG.normal(size=(20, 3)).astype(np.float32)
Y = (X[:, 0] > 0).astype(np.int32)


def numbers(data):
    return [np.asarray(one).tolist() for one in data]


def test_data_sets_give_what_their_methods_say():
    begin = Dataset.range(7)
    assert numbers(begin.batch(3)) == [[0, 1, 2], [3, 4, 5], [6]]
    assert numbers(begin.batch(3, drop_remainder=True)) == [[0, 1, 2], [3, 4, 5]]
    assert numbers(begin.skip(5)) == [5, 6]
    assert numbers(begin.take(2).repeat(2)) == [0, 1, 0, 1]
    assert numbers(begin.map(lambda x: x * 2).filter(lambda x: x > 8)) == [10, 12]
    assert numbers(begin.take(2).concatenate(begin.skip(6))) == [0, 1, 6]
    assert numbers(begin.batch(4).unbatch()) == list(range(7))
    assert sorted(numbers(begin.shuffle(3))) == list(range(7))
    assert numbers(begin.shuffle(9, seed=1)) != list(range(7))
    assert numbers(itertools.islice(begin.repeat(), 9)) == [*range(7), 0, 1]
    assert [number.tolist() for number, _ in begin.enumerate(2)] == list(range(2, 9))
    counts = [begin.batch(3), begin.take(2), begin.skip(5), begin.repeat(3), begin.prefetch(1).cache()]
    assert [len(data) for data in counts] == [3, 2, 2, 21, 7]
    assert [len(list(data)) for data in counts] == [3, 2, 2, 21, 7]
    assert begin.repeat().cardinality() == -1
    assert begin.repeat().repeat(2).cardinality() == -1
    assert numbers(begin.repeat().repeat(0)) == []
    with pytest.raises(TypeError, match="has no end"):
        len(begin.repeat())


def test_data_sets_of_several_arrays():
    rows = Dataset.from_tensor_slices(({"a": X, "b": X * 2}, Y)).batch(8)
    x, y = next(iter(rows))
    assert x["b"].shape == (8, 3)
    assert y.numpy().dtype == np.int32
    pairs = Dataset.zip((Dataset.from_tensor_slices(X), Dataset.from_tensor_slices(Y)))
    assert len(pairs) == 20
    assert isinstance(next(iter(pairs)), tuple)
    mixed = Dataset.sample_from_datasets([Dataset.range(5), Dataset.range(10, 15)], weights=[0.9, 0.1])
    assert sorted(numbers(mixed)) == [*range(5), *range(10, 15)]
    with pytest.raises(ValueError, match="as many rows as each other"):
        Dataset.from_tensor_slices((X, Y[:3]))
    # What is left when one has ended is never drawn.
    assert numbers(Dataset.sample_from_datasets([Dataset.range(2), Dataset.range(5, 9)], weights=[1, 0])) == [0, 1]


PAIR = (tf.TensorSpec((3,), tf.float32), tf.TensorSpec((), tf.int64))


@pytest.mark.parametrize(
    "declared",
    [
        {"output_signature": PAIR},
        {"output_types": (tf.float32, tf.int64), "output_shapes": ((3,), ())},
        {"output_types": (tf.float32, tf.int64)},
    ],
)
def test_elements_of_a_generator_have_the_declared_types(declared):
    def rows(count):
        return (([number, 0, 0], float(number)) for number in range(count))

    for _ in range(2):
        found = list(Dataset.from_generator(rows, args=(4,), **declared))
        assert [(x.dtype, y.dtype) for x, y in found] == [(np.float32, np.int64)] * 4
        assert [int(y) for _, y in found] == [0, 1, 2, 3]
    named = {"a": tf.float64}
    assert next(iter(Dataset.from_generator(lambda: iter([{"a": 1}]), output_types=named)))["a"].dtype == np.float64
    assert Dataset.from_generator(lambda: iter([1]), tf.float32).as_numpy_iterator().__next__().dtype == np.float32


@pytest.mark.parametrize(
    ("element", "declared", "message"),
    [
        (([1, 2], 0), {"output_signature": PAIR}, r"an array of shape \(2,\), but the declared one is \(3,\)"),
        ([1, 2, 3], {"output_signature": PAIR}, "what was declared of its elements is"),
        ({"a": 1}, {"output_signature": {"b": PAIR[1]}}, "what was declared of its elements is"),
        (1, {"output_shapes": ()}, "output_shapes beside output_types"),
        (1, {"output_type": tf.int32}, "unexpected keyword argument 'output_type'"),
    ],
)
def test_elements_of_a_generator_that_are_not_as_declared(element, declared, message):
    with pytest.raises(TypeError, match=message):
        list(Dataset.from_generator(lambda: iter([element]), **declared))


def model_of(*last, seed=1):
    return tf.keras.Sequential([tf.keras.layers.Dense(4, "tanh", input_shape=(3,)), *last], seed=seed)


def test_fitting_a_data_set_is_fitting_its_batches():
    models = [model_of(tf.keras.layers.Dense(2)) for _ in range(2)]
    for model in models:
        model.compile("adam", tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    data = Dataset.from_tensor_slices((X, Y)).batch(6)
    histories = [
        models[0].fit(data, epochs=2, validation_data=data),
        models[1].fit(X, Y, epochs=2, batch_size=6, shuffle=False, validation_data=(X, Y)),
    ]
    for name, values in histories[0].history.items():
        np.testing.assert_allclose(values, histories[1].history[name], rtol=1e-5)
    assert models[0].predict(data).shape == (20, 2)
    endless = Dataset.from_tensor_slices((X, Y)).shuffle(20).repeat().batch(6)
    assert models[0].fit(endless, steps_per_epoch=3).params["steps"] == 3


def test_a_tape_has_the_gradients_of_the_model():
    model = model_of(tf.keras.layers.Dense(2))
    loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("sgd", loss)
    with tf.GradientTape() as tape:
        logits = model(X, training=True)
        value = loss(Y, logits)
    found = tape.gradient(value, model.trainable_variables)
    expected = model.gradients(X, Y)
    assert float(value) == pytest.approx(expected.loss, rel=1e-6)
    assert logits.numpy().shape == (20, 2)
    for one, other in zip(found, expected.named.values(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-7)


def test_a_tape_goes_through_a_model_of_a_model():
    first, second = model_of(seed=2), tf.keras.Sequential([tf.keras.layers.Dense(1, input_shape=(4,))], seed=3)
    both = tf.keras.Sequential([first, second])
    both.compile("sgd", "mse")
    with tf.GradientTape() as tape:
        value = tf.reduce_mean(tf.square(second(first(X)) - Y[:, None]))
    found = tape.gradient(value, [*first.trainable_variables, *second.trainable_variables])
    for one, other in zip(found, both.gradients(X, Y).named.values(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("name", ["SGD", "Adam", "RMSprop", "Adagrad", "Nadam", "AdamW"])
def test_applied_gradients_are_a_step_of_the_model(name):
    weights = [one.copy() for one in model_of(tf.keras.layers.Dense(1)).get_weights()]
    models = [model_of(tf.keras.layers.Dense(1)) for _ in range(2)]
    for model in models:
        model.set_weights(weights)
        model.compile(getattr(tf.keras.optimizers, name)(0.05, clipnorm=0.5), "mse")
    optimizer = getattr(tf.keras.optimizers, name)(0.05, clipnorm=0.5)
    for _ in range(3):
        models[0].train_on_batch(X, Y)
        with tf.GradientTape() as tape:
            value = tf.reduce_mean((models[1](X) - Y[:, None]) ** 2)
        gradients = tape.gradient(value, models[1].trainable_variables)
        optimizer.apply_gradients(zip(gradients, models[1].trainable_variables, strict=True))
    for one, other in zip(models[0].get_weights(), models[1].get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


def test_what_is_drawn_is_the_same_both_ways():
    model = tf.keras.Sequential([tf.keras.layers.Dropout(0.5, input_shape=(3,)), tf.keras.layers.Dense(1)], seed=5)
    with tf.GradientTape() as tape:
        outputs = model(X, training=True)
        value = tf.reduce_sum(outputs * np.arange(20)[:, None])
    kernel, bias = tape.gradient(value, model.trainable_variables)
    # Of a linear model the outputs are what the gradient says.
    found = float(np.sum(kernel * model.get_weights()[0]) + np.sum(bias * model.get_weights()[1]))
    assert found == pytest.approx(float(value), rel=1e-4)
    assert not np.array_equal(model(X, training=True), model(X, training=True))
    np.testing.assert_array_equal(model(X), model.predict(X))


def test_what_no_tape_follows_is_refused():
    model = model_of(tf.keras.layers.Dropout(0.5), tf.keras.layers.Dense(1))
    with tf.GradientTape() as tape, pytest.raises(TypeError, match=r"call model\(x, training=True\)"):
        model(X)
    model = model_of(tf.keras.layers.BatchNormalization(), tf.keras.layers.Dense(1))
    with tf.GradientTape() as tape:
        value = tf.reduce_sum(model(X, training=True))
    with pytest.raises(RuntimeError, match=r"model\.apply_gradients"):
        tape.gradient(value, model.trainable_variables)
    with pytest.raises(TypeError, match="depends on no model"):
        tape.gradient(np.float32(1), model.trainable_variables)
    with tf.GradientTape() as tape, pytest.raises(TypeError, match="inputs=True"):
        tape.watch(X)
    with pytest.raises(FloatingPointError):
        tf.keras.optimizers.SGD().apply_gradients([(np.array([np.nan]), np.ones(1))])


def test_the_latest_checkpoint(tmp_path):
    assert tf.train.latest_checkpoint(tmp_path / "none") is None
    for number in (2, 10, 1):
        (tmp_path / f"cp-{number:04d}.ckpt").write_bytes(b"")
        os.utime(tmp_path / f"cp-{number:04d}.ckpt", (5, 5))
    assert tf.train.latest_checkpoint(tmp_path) == os.path.join(tmp_path, "cp-0010.ckpt")
    for number in (9, 10, 8):
        (tmp_path / f"late-{number}.h5").write_bytes(b"")
        os.utime(tmp_path / f"late-{number}.h5", (6, 6))
    assert tf.train.latest_checkpoint(tmp_path) == os.path.join(tmp_path, "late-10.h5")


def test_arrays_as_tensorflow_has_them():
    assert tf.constant([1.0, 2.0]).dtype == np.float32
    assert tf.constant(3).dtype == np.int32
    assert tf.range(3).tolist() == [0, 1, 2]
    assert tf.one_hot([1], 2).tolist() == [[0, 1]]
    assert tf.math.confusion_matrix([0, 1], [0, 0]).tolist() == [[1, 0], [1, 0]]
    assert tf.clip_by_value(X, 0.0, 1.0).max() <= 1
    assert tf.norm([3.0, 4.0]) == 5
    assert tf.fill((2, 3), 0.5).dtype == np.float32
    assert tf.fill([2], 3).tolist() == [3, 3]
    variable = tf.Variable(3.0)
    variable.assign_add(1.0)
    assert float(variable) == 4
    assert tf.add_n([X, X]).shape == (20, 3)
    assert tf.config.list_physical_devices("GPU") == []
    tf.random.set_seed(1)
    first = tf.random.normal((2,))
    tf.random.set_seed(1)
    assert (tf.random.normal((2,)) == first).all()
    with pytest.raises(TypeError, match="GaussianNoise"):
        tf.random.normal((None, 2))
    with pytest.raises(AttributeError, match="TensorFlow 1"):
        _ = tf.Session
