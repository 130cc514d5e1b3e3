"""The notebook's own part of MNIST, shipped inside the package: no network is needed, ever."""

from fastnn.datasets.arrays import Mnist, read_npz


def load_mnist_sample() -> Mnist:
    """The first 1,000 training images of MNIST and all 10,000 test images, in their original order.

    Returns
    -------
    (x_train, y_train), (x_test, y_test)
        ``uint8`` images of shapes (1000, 28, 28) and (10000, 28, 28), 0 is background, and their labels 0 to 9. The
        arrays are the caller's own.

    Notes
    -----
    Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning applied to document recognition",
    Proceedings of the IEEE, 86(11):2278-2324, 1998. The data are under CC BY-SA 3.0.

    Examples
    --------
    >>> (x_train, y_train), (x_test, y_test) = load_mnist_sample()
    >>> x_train.shape, x_test.shape
    ((1000, 28, 28), (10000, 28, 28))
    >>> y_train[:5]
    array([5, 0, 4, 1, 9], dtype=uint8)
    """
    import importlib.resources

    resource = importlib.resources.files("fastnn.datasets") / "data" / "mnist_sample.npz"
    with importlib.resources.as_file(resource) as path:
        return read_npz(path)
