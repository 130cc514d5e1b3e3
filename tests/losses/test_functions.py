"""The notebook's loss functions: cross-entropy takes the numbers of classes in place of one-hot rows."""

import numpy as np
import pytest

from fastnn import FCLayer, SoftmaxLayer, cross_entropy, cross_entropy_prime, to_categorical, train
from fastnn.losses import CustomLoss

P = np.array([[0.2, 0.3, 0.5], [0.6, 0.3, 0.1]])
FORMS = {
    "(rows,)": (np.array([2, 0]), P),
    "(rows, 1)": (np.array([[2], [0]]), P),
    "list": ([2, 0], P.tolist()),
    "uint8": (np.array([2, 0], np.uint8), P),
    "whole floats": (np.array([2.0, 0.0]), P),
    "number beside one row": (2, P[0]),
    "number beside (1, classes)": (np.int64(2), P[:1]),
    "(1,) beside (1, classes)": (np.array([2]), P[:1]),
    "float32": (np.array([2, 0]), P.astype(np.float32)),
}


@pytest.mark.parametrize("form", FORMS)
def test_numbers_of_classes(form):
    numbers, p = FORMS[form]
    rows = to_categorical(np.reshape(numbers, -1), 3).reshape(np.shape(p))
    assert cross_entropy(numbers, p) == cross_entropy(rows, p)
    np.testing.assert_array_equal(cross_entropy_prime(numbers, p), cross_entropy_prime(rows, p))
    assert cross_entropy_prime(numbers, p).shape == np.shape(p)


def test_a_row_is_no_list_of_classes():
    # As many numbers as classes beside one row are its shares, also where they are whole.
    assert cross_entropy([0, 0, 1], P[:1]) == pytest.approx(-np.log(0.5))


@pytest.mark.parametrize(
    ("numbers", "message"),
    [([0, 3], "label 3, but num_classes is 3"), ([0, -1], "label -1"), ([0, 0.5], "0.5"), ([0, 1, 1], "y_true must")],
)
def test_what_names_no_class(numbers, message):
    for function in (cross_entropy, cross_entropy_prime):
        with pytest.raises(ValueError, match=message):
            function(numbers, P)


def test_train_takes_numbers_of_classes_for_cross_entropy_alone():
    x, numbers = np.random.default_rng(0).normal(size=(6, 4)), np.array([0, 1, 2, 2, 1, 0])

    def trained(y, **how):
        return train([FCLayer(4, 3, rng=np.random.default_rng(1)), SoftmaxLayer(3)], x, y, epochs=2, **how)[1]

    assert trained(numbers, loss=cross_entropy) == trained(np.eye(3)[numbers], loss=cross_entropy)
    with pytest.raises(ValueError, match="class numbers become rows"):
        trained(numbers)
    with pytest.raises(ValueError, match="label 3"):
        trained(numbers + 1, loss=cross_entropy)


def test_a_custom_loss_may_be_made_of_them():
    assert CustomLoss(cross_entropy, cross_entropy_prime).name == "cross_entropy"
