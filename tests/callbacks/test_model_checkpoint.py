"""The model checkpoint: the files are those that `save` and `save_weights` write, at the epochs that deserve them."""

import math

import pytest

from fastnn.callbacks import Callback, ModelCheckpoint
from fastnn.models.saving.loading import load_model


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_model_of_each_epoch_is_what_the_model_was(make_model, data, tmp_path):
    model = make_model()
    model.fit(*data, epochs=3, callbacks=[ModelCheckpoint(tmp_path / "{epoch:02d}.safetensors")])
    assert names(tmp_path) == ["01.safetensors", "02.safetensors", "03.safetensors"]
    twin = make_model()
    for name in names(tmp_path):
        twin.fit(*data, epochs=1)
        saved = load_model(tmp_path / name)
        assert [array.tobytes() for array in saved.get_weights()] == [array.tobytes() for array in twin.get_weights()]
        assert saved.optimizer_state.step == twin.optimizer_state.step


@pytest.mark.parametrize("suffix", [".safetensors", ".npz"])
def test_weights_of_each_epoch_are_what_save_weights_writes(make_model, data, tmp_path, suffix):
    path = tmp_path / f"{{epoch:02d}}{suffix}"
    make_model().fit(*data, epochs=3, callbacks=[ModelCheckpoint(path, save_weights_only=True)])
    assert names(tmp_path) == [f"{epoch:02d}{suffix}" for epoch in (1, 2, 3)]
    twin, expected = make_model(), tmp_path / f"expected{suffix}"
    for epoch in (1, 2, 3):
        twin.fit(*data, epochs=1)
        twin.save_weights(expected)
        assert (tmp_path / f"{epoch:02d}{suffix}").read_bytes() == expected.read_bytes()


def test_names_are_filled_in_from_the_logs(make_model, data, tmp_path):
    path = tmp_path / "runs" / "{epoch:02d}-{val_loss:.2f}-{mae:.3f}.safetensors"
    history = make_model().fit(*data, epochs=2, validation_split=0.25, callbacks=[ModelCheckpoint(path)]).history
    assert names(tmp_path / "runs") == [
        f"{epoch + 1:02d}-{history['val_loss'][epoch]:.2f}-{history['mae'][epoch]:.3f}.safetensors" for epoch in (0, 1)
    ]


class Recorded(Callback):
    """Adds recorded values to the logs."""

    def __init__(self, name, values):
        self.name, self.values = name, values

    def on_epoch_end(self, epoch, logs):
        logs[self.name] = self.values[epoch]


@pytest.mark.parametrize(
    ("arguments", "name", "values", "saved"),
    [
        ({}, "val_loss", [2.0, 3.0, 1.0, 1.0, 0.5], [1, 3, 5]),
        ({}, "val_accuracy", [0.5, 0.25, 0.75, 0.75], [1, 3]),
        ({"mode": "min"}, "val_accuracy", [0.5, 0.25, 0.75], [1, 2]),
        ({"initial_value_threshold": 1.5}, "val_loss", [2.0, 1.5, 1.25, 1.0], [3, 4]),
        ({}, "val_loss", [math.nan, 2.0, math.nan, 1.0, math.nan], [2, 4]),
    ],
)
def test_only_the_best_are_saved(make_model, data, tmp_path, arguments, name, values, saved):
    checkpoint = ModelCheckpoint(tmp_path / "{epoch}.safetensors", monitor=name, save_best_only=True, **arguments)
    make_model(metrics=("mae", "accuracy")).fit(
        *data, epochs=len(values), callbacks=[Recorded(name, values), checkpoint]
    )
    assert names(tmp_path) == [f"{epoch}.safetensors" for epoch in saved]
    assert checkpoint.best == values[saved[-1] - 1]


def test_the_best_counts_for_the_next_training_too(make_model, data, tmp_path):
    checkpoint = ModelCheckpoint(tmp_path / "{epoch}.safetensors", save_best_only=True)
    model = make_model()
    model.fit(*data, epochs=1, callbacks=[Recorded("val_loss", [1.0]), checkpoint])
    model.fit(*data, epochs=3, initial_epoch=1, callbacks=[Recorded("val_loss", [0, 1.5, 0.5]), checkpoint])
    assert names(tmp_path) == ["1.safetensors", "3.safetensors"]


def test_one_name_is_one_file_of_the_last_best(make_model, data, tmp_path):
    checkpoint = ModelCheckpoint(tmp_path / "best.safetensors", save_best_only=True, save_weights_only=True)
    model = make_model()
    model.fit(*data, epochs=4, callbacks=[Recorded("val_loss", [3.0, 1.0, 2.0, 2.0]), checkpoint])
    twin = make_model()
    twin.fit(*data, epochs=2)
    twin.save_weights(tmp_path / "expected.safetensors")
    assert (tmp_path / "best.safetensors").read_bytes() == (tmp_path / "expected.safetensors").read_bytes()


def test_saving_after_batches(make_model, data, tmp_path):
    checkpoint = ModelCheckpoint(tmp_path / "{epoch}-{batch}.npz", save_weights_only=True, save_freq=3)
    assert checkpoint.watches_batches
    # 40 samples are 5 batches an epoch: every third of 10 is the third, the sixth and the ninth.
    make_model().fit(*data, epochs=2, batch_size=8, callbacks=[checkpoint])
    assert names(tmp_path) == ["1-3.npz", "2-1.npz", "2-4.npz"]


def test_saving_after_epochs_does_not_watch_batches():
    assert not ModelCheckpoint("model.safetensors").watches_batches


def test_a_name_that_is_not_in_the_logs(make_model, data, tmp_path):
    with pytest.raises(
        ValueError, match=r"the field 'val_loss' is unknown.* Expected one of epoch, loss, mae, or a name"
    ):
        make_model().fit(*data, callbacks=[ModelCheckpoint(tmp_path / "{val_loss:.2f}.safetensors")])
    assert names(tmp_path) == []


def test_verbose_tells_what_was_done(make_model, data, tmp_path, capsys):
    path = tmp_path / "best.safetensors"
    checkpoint = ModelCheckpoint(path, save_best_only=True, verbose=1)
    make_model().fit(*data, epochs=3, callbacks=[Recorded("val_loss", [1.0, 2.0, 0.5]), checkpoint])
    assert capsys.readouterr().out == (
        f"epoch 1: val_loss improved to 1.00000, saved model to {path}\n"
        "epoch 2: val_loss did not improve from 1.00000\n"
        f"epoch 3: val_loss improved from 1.00000 to 0.50000, saved model to {path}\n"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"filepath": "model.keras"}, "the filepath of a model must end in .safetensors, but it is 'model.keras'"),
        ({"filepath": "model.npz"}, "the filepath of a model must end in .safetensors, but it is 'model.npz'"),
        (
            {"filepath": "weights.h5", "save_weights_only": True},
            "the filepath of weights must end in .safetensors or .npz, but it is 'weights.h5'",
        ),
        (
            {"filepath": "a.safetensors", "save_freq": "batch"},
            "save_freq must be 'epoch' or a number of batches, but it is",
        ),
        ({"filepath": "a.safetensors", "save_freq": 0}, "save_freq must be at least 1, but it is 0"),
        ({"filepath": "a.safetensors", "initial_value_threshold": math.nan}, "initial_value_threshold must be finite"),
    ],
)
def test_refusals(arguments, message):
    with pytest.raises(ValueError, match=message):
        ModelCheckpoint(**arguments)
