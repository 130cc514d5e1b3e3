"""The notebook's own part of MNIST, shipped inside the package: no network is needed, ever."""

import numpy

from fastnn.datasets.arrays import Mnist
from fastnn.datasets.packing import unpack

TRAINING_IMAGES = 1000
TEST_IMAGES = 2000


def load_mnist_sample() -> Mnist:
    """The first 1,000 training images of MNIST and 2,000 test images, in their original order.

    The test images are every fifth of all 10,000, beginning with the second; the first 2,000 would be harder than all.
    :func:`load_mnist` has the others.

    Returns
    -------
    (x_train, y_train), (x_test, y_test)
        ``uint8`` images of shapes (1000, 28, 28) and (2000, 28, 28), 0 is background, and their labels 0 to 9. The
        arrays are the caller's own.

    Notes
    -----
    Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning applied to document recognition",
    Proceedings of the IEEE, 86(11):2278-2324, 1998. The data are under CC BY-SA 3.0.

    Examples
    --------
    >>> (x_train, y_train), (x_test, y_test) = load_mnist_sample()
    >>> x_train.shape, x_test.shape
    ((1000, 28, 28), (2000, 28, 28))
    >>> y_train[:5]
    array([5, 0, 4, 1, 9], dtype=uint8)
    """
    import importlib.resources

    resource = importlib.resources.files("fastnn.datasets") / "data" / "mnist_sample.npz"
    with resource.open("rb") as file, numpy.load(file, allow_pickle=False) as arrays:
        labels = arrays["labels"]
        images = unpack(arrays["runs"], arrays["shades"], (TRAINING_IMAGES + TEST_IMAGES, 28, 28))
    train, test = slice(TRAINING_IMAGES), slice(TRAINING_IMAGES, None)
    return (images[train], labels[train]), (images[test], labels[test])
