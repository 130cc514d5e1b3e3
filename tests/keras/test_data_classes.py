"""Data sets that give batches by number, and pictures that are changed at random."""

import numpy as np
import pytest

import fastnn.keras as keras
from fastnn.keras.preprocessing.image import ImageDataGenerator

X = np.random.default_rng(0).normal(size=(20, 3))
Y = X.sum(axis=1)
PICTURES = np.random.default_rng(1).integers(0, 256, size=(10, 6, 6, 1))
LABELS = np.arange(10)


class Rows(keras.utils.Sequence):
    def __init__(self, size, **options):
        super().__init__(**options)
        self.size, self.ended = size, 0

    def __len__(self):
        return -(-len(X) // self.size)

    def __getitem__(self, number):
        rows = slice(number * self.size, (number + 1) * self.size)
        return X[rows], Y[rows]

    def on_epoch_end(self):
        self.ended += 1


def model_of():
    model = keras.Sequential([keras.layers.Dense(1, input_dim=3)], seed=0)
    model.compile("sgd", "mse")
    return model


def test_generators_of_keras_2(told):
    model, rows = model_of(), Rows(6, workers=2)
    with told() as messages:
        history = model.fit_generator(rows, 4, 2, 0, validation_data=Rows(20), workers=3, use_multiprocessing=True)
        assert model.evaluate_generator(generator=rows) == pytest.approx(model.evaluate(X, Y), rel=1e-6)
        assert model.predict_generator(Rows(20)).shape == (20, 1)
    assert [message.partition(" is an old")[0] for message in messages] == [
        "sequential.fit_generator",
        "sequential.evaluate_generator",
        "sequential.predict_generator",
    ]
    assert len(history.history["val_loss"]) == 2
    assert rows.ended >= 2
    with pytest.raises(TypeError, match="pass steps_per_epoch"):
        model.fit_generator(rows, samples_per_epoch=20)
    with pytest.raises(TypeError, match="twice"):
        model.fit_generator(rows, generator=rows)


def test_what_is_not_defined_is_asked_for():
    with pytest.raises(NotImplementedError, match="__len__"):
        len(keras.utils.PyDataset())
    with pytest.raises(NotImplementedError, match="__getitem__"):
        keras.utils.PyDataset()[0]


def test_pictures_without_changes_are_themselves():
    batches = ImageDataGenerator(rescale=0.5).flow(PICTURES, LABELS, batch_size=4, shuffle=False)
    assert len(batches) == 3
    np.testing.assert_array_equal(np.concatenate([x for x, _ in batches]), PICTURES.astype(np.float32) / 2)
    assert [y.tolist() for _, y in batches] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert [len(next(batches)[1]) for _ in range(4)] == [4, 4, 2, 4]


def test_pictures_are_standardised_by_what_fit_found():
    generator = ImageDataGenerator(featurewise_center=True, featurewise_std_normalization=True)
    with pytest.raises(RuntimeError, match="fit"):
        next(generator.flow(PICTURES))
    generator.fit(PICTURES)
    x = np.concatenate(list(generator.flow(PICTURES, shuffle=False)))
    # Of float32 numbers around 128, sums of 360.
    np.testing.assert_allclose([x.mean(), x.std()], [0, 1], atol=1e-5)


def test_pictures_are_changed_and_shared_out():
    generator = ImageDataGenerator(width_shift_range=0.3, validation_split=0.2)
    first, second = (generator.flow(PICTURES, shuffle=False, seed=seed)[0] for seed in (1, 2))
    assert not np.array_equal(first, second)
    assert first.shape == second.shape
    again = generator.flow(PICTURES, shuffle=False, seed=1)[0]
    np.testing.assert_array_equal(first, again)
    parts = [generator.flow(PICTURES, LABELS, shuffle=False, subset=part).n for part in ("training", "validation")]
    assert parts == [8, 2]


@pytest.mark.parametrize("option", [{"vertical_flip": True}, {"shear_range": 0.1}, {"zca_whitening": True}])
def test_what_pictures_do_not_take(option):
    with pytest.raises(TypeError, match=f"cannot have {next(iter(option))}="):
        ImageDataGenerator(**option)


def test_a_model_is_fitted_on_pictures():
    model = keras.Sequential([keras.layers.Flatten(input_shape=(6, 6, 1)), keras.layers.Dense(10, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    flow = ImageDataGenerator(rescale=1 / 255, rotation_range=5).flow(PICTURES, LABELS, batch_size=5)
    assert len(model.fit(flow, epochs=2).history["loss"]) == 2
