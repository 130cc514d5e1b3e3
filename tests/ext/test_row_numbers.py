"""Parts of a batch whose rows are numbered as in the whole: they draw what they draw there, in any order."""

import numpy as np
import pytest

from fastnn_ext.engine.options import LossOptions, RuleOptions
from fastnn_ext.engine.plan import Plan
from fastnn_ext.engine.training import Training
from fastnn_ext.runtime.dispatch import supported_isas
from fastnn_ext.tables.enums import Loss, UpdateRule

ROWS, SIDE = 11, 4
SHIFTS = dict.fromkeys(("height", "width"), SIDE) | {"channels": 1, "fill": 0.0, "horizontal_flip": True}
SHIFTS |= {"rotation": 0.2, "height_shift": 0.2, "width_shift": 0.1, "zoom": 0.1, "noise": 0.3}
# What is drawn: in layers by these methods of a plan, or on the way into the batch.
DRAWN = {
    "dropout": ("add_dropout", None),
    "alpha dropout": ("add_alpha_dropout", None),
    "Gaussian dropout": ("add_gaussian_dropout", None),
    "noise": ("add_noise", None),
    "augmentation": (None, SHIFTS),
}


def training_of(drawn, isa):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(ROWS, SIDE * SIDE)), rng.normal(size=(ROWS, 2))
    method, augmentation = DRAWN[drawn]
    plan, arrays = Plan(SIDE * SIDE, np.float64, isa=isa), [rng.normal(size=(SIDE * SIDE, 2)), np.zeros((1, 2))]
    if method is not None:
        getattr(plan, method)(0.4)
    plan.add_dense(*arrays)
    training = Training(
        plan,
        x,
        y,
        ROWS,
        LossOptions(Loss.MEAN_SQUARED_ERROR),
        RuleOptions(UpdateRule.COLLECT, 0.0),
        seed=5,
        streaming=True,
        augmentation=augmentation,
    )
    training.lay_out_gradients(arrays, [0, arrays[0].size], sum(array.size for array in arrays))
    return training, x, y


@pytest.mark.parametrize("isa", supported_isas())
@pytest.mark.parametrize("drawn", DRAWN)
def test_parts_draw_what_the_whole_draws(drawn, isa):
    training, x, y = training_of(drawn, isa)
    training.step = 7
    loss, whole, _ = training.run_gradients(x, y)
    parts = [np.array([8, 1, 5]), np.array([0, 2, 3, 4, 6, 7, 9, 10])]
    found, value = np.zeros_like(whole), 0.0
    for rows in parts:
        training.step = 7
        part_loss, gradient, _ = training.run_gradients(x[rows], y[rows], row_numbers=rows)
        found, value = found + gradient * len(rows) / ROWS, value + part_loss * len(rows) / ROWS
    # A dozen terms in another order.
    np.testing.assert_allclose(found, whole, rtol=1e-12, atol=1e-13)
    assert value == pytest.approx(loss, rel=1e-13)
    # Without numbers, rows draw by their places: no call remembers any.
    training.step = 7
    by_place = training.run_gradients(x[rows], y[rows])[1]
    assert not np.allclose(by_place, gradient)
    training.step = 7
    assert training.run_gradients(x, y)[1].tobytes() == whole.tobytes()


def test_numbers_must_be_as_many_as_rows():
    training, x, y = training_of("dropout", None)
    for wrong in (np.arange(3), np.zeros((ROWS, 1), int)):
        with pytest.raises(ValueError, match=r"row_numbers must hold 11 numbers"):
            training.run_gradients(x, y, row_numbers=wrong)


def test_a_vector_of_the_callers_receives_the_gradient():
    training, x, y = training_of("noise", None)
    loss, new, _ = training.run_gradients(x, y)
    given = np.full_like(new, np.nan)
    training.step = 0
    again, returned, _ = training.run_gradients(x, y, out=given)
    assert returned is given
    assert given.tobytes() == new.tobytes()
    assert again == loss


@pytest.mark.parametrize(
    ("out", "text"),
    [
        (np.zeros(34, np.float32), "gradient must be a contiguous vector of 34 numbers of float64"),
        (np.zeros(33), "gradient must be a contiguous vector of 34 numbers"),
        (np.zeros(68)[::2], "gradient must be a contiguous vector of 34 numbers"),
        (np.frombuffer(bytes(34 * 8)), "out must be an array that may be written to, but it is read-only"),
    ],
    ids=["type", "size", "strides", "read-only"],
)
def test_other_vectors_are_refused(out, text):
    training, x, y = training_of("noise", None)
    with pytest.raises(ValueError, match=text):
        training.run_gradients(x, y, out=out)
    assert not out.any()
