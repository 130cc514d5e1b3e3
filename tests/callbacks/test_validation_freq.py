"""Callbacks that watch a value of validation wait through the epochs that go without."""

import pytest

from fastnn.callbacks import EarlyStopping, ReduceLROnPlateau


def test_epochs_without_validation_do_not_count(make_model, noise):
    training, validation = noise
    stopping = EarlyStopping(patience=2, restore_best_weights=True)
    model = make_model()
    history = model.fit(
        *training, epochs=600, batch_size=5, validation_data=validation, validation_freq=3, callbacks=[stopping]
    )
    assert stopping.stopped_epoch == history.epoch[-1] < 599
    assert stopping.stopped_epoch % 3 == 2
    assert stopping.stopped_epoch - stopping.best_epoch == 2 * 3
    assert model.evaluate(*validation)[0] == stopping.best


def test_learning_rates_of_epochs_without_validation_are_in_the_history(make_model, noise):
    training, validation = noise
    plateau = ReduceLROnPlateau(factor=0.5, patience=1, min_delta=100.0)
    history = make_model(optimizer="sgd").fit(
        *training, epochs=6, validation_data=validation, validation_freq=2, callbacks=[plateau]
    )
    # Each validation after the first is a plateau.
    assert history.history["learning_rate"] == [0.01, 0.01, 0.01, 0.01, 0.005, 0.005]


def test_a_misspelt_monitor_is_found_at_the_first_validation(make_model, noise):
    training, validation = noise
    with pytest.raises(ValueError, match="'val_los' is unknown; did you mean 'val_loss'"):
        make_model().fit(
            *training, epochs=4, validation_data=validation, validation_freq=2, callbacks=[EarlyStopping("val_los")]
        )
