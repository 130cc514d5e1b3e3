"""Hooks: every name that Keras' users give them is called, and a method that only looks like one is told."""

import pytest

from fastnn.callbacks import Callback, CSVLogger, LambdaCallback, ModelCheckpoint, TensorBoard
from fastnn.callbacks.base import CallbackList
from fastnn.callbacks.hooks import HOOKS, refuse_lookalikes


def callback_with(name, base=Callback, function=lambda self, *arguments: None):
    return type("Own", (base,), {"__module__": "mine", name: function})


@pytest.mark.parametrize("name", HOOKS)
def test_every_hook_is_a_method_and_taken(name):
    assert callable(getattr(Callback, name))
    refuse_lookalikes(callback_with(name)())


def test_no_hook_of_the_base_class_is_left_out():
    assert {name for name in vars(Callback) if name.startswith("on_")} == set(HOOKS)


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("on_epoch_ends", "on_epoch_end"),
        ("on_epoch_start", "on_epoch_begin"),
        ("on_train_batch_stop", "on_train_batch_end"),
        ("on_train_ends", "on_train_end"),
        ("on_training_begin", "on_train_begin"),
        ("on_batch_ends", "on_batch_end"),
        ("on_epochs_end", "on_epoch_end"),
        ("on_fit_begin", None),
        ("onEpochEnd", "on_epoch_end"),
        ("epoch_end", "on_epoch_end"),
        ("train_begin", "on_train_begin"),
        ("on_failures", "on_failure"),
        ("on_test_start", "on_test_begin"),
        ("on_predict_batch_ends", "on_predict_batch_end"),
        ("set_params", None),
    ],
)
def test_what_looks_like_a_hook_is_refused_before_training(make_model, data, name, nearest):
    model = make_model(optimizer="sgd")
    model.build()
    before = model.parameters.copy()
    with pytest.raises(TypeError, match=rf"^Own.{name} looks like a hook, but training never calls it") as told:
        model.fit(*data, callbacks=[callback_with(name)()])
    assert all(hook in str(told.value) for hook in HOOKS)
    if nearest is not None:
        assert f"did you mean '{nearest}" in str(told.value)
    assert (model.parameters == before).all()


@pytest.mark.parametrize(
    "name",
    ["plot", "_on_epoch_ends", "reset", "once", "one_epoch", "on_paper", "save_epoch", "trained", "end", "begin"],
)
def test_methods_of_ones_own(name):
    refuse_lookalikes(callback_with(name)())


def test_attributes_that_cannot_be_called_are_no_hooks():
    own = callback_with("plot")()
    own.on_epoch_count = 3
    refuse_lookalikes(own)
    own.on_epoch_done = print
    with pytest.raises(TypeError, match="on_epoch_done looks like a hook"):
        refuse_lookalikes(own)


def test_a_hook_of_a_class_mixed_in():
    class Mixed:
        def on_epoch_ending(self, epoch, logs):
            pass

    with pytest.raises(TypeError, match="did you mean 'on_epoch_end'"):
        refuse_lookalikes(type("Own", (Mixed, CSVLogger), {})("a.csv"))


BASES = {
    "Callback": lambda kind, folder: kind(),
    "LambdaCallback": lambda kind, folder: kind(on_epoch_end=lambda epoch, logs: None),
    "ModelCheckpoint": lambda kind, folder: kind(folder / "model.safetensors"),
    "TensorBoard": lambda kind, folder: kind(folder),
}
KINDS = {
    "Callback": Callback,
    "LambdaCallback": LambdaCallback,
    "ModelCheckpoint": ModelCheckpoint,
    "TensorBoard": TensorBoard,
}


@pytest.mark.parametrize("name", ["on_train_batch_begin", "on_train_batch_end", "on_batch_begin", "on_batch_end"])
@pytest.mark.parametrize("base", BASES)
def test_each_name_of_a_batchs_hook_is_called(make_model, data, tmp_path, base, name):
    if base == "TensorBoard":
        pytest.importorskip("tensorboardX")
    told = []
    kind = callback_with(name, KINDS[base], lambda self, batch, logs=None: told.append((batch, sorted(logs or {}))))
    make_model().fit(*data, batch_size=20, epochs=2, callbacks=[BASES[base](kind, tmp_path)])
    assert told == [(batch, ["loss"] if name.endswith("end") else []) for _ in range(2) for batch in range(2)]


@pytest.mark.parametrize("name", ["on_train_batch_end", "on_batch_end"])
def test_a_hook_assigned_to_an_object_is_called(make_model, data, name):
    told, own = [], callback_with("plot")()
    setattr(own, name, lambda batch, logs: told.append(batch))
    make_model().fit(*data, batch_size=20, callbacks=[own])
    assert told == [0, 1]


@pytest.mark.parametrize("base", BASES)
def test_without_them_training_runs_at_full_speed(make_model, tmp_path, base):
    callback = BASES[base](callback_with("plot", KINDS[base]), tmp_path)
    assert not CallbackList([callback], make_model()).watches_batches
