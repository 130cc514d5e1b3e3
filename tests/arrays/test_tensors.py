"""Tensors of PyTorch, JAX and TensorFlow, and whatever has DLPack's methods: read where they lie, on the processor."""

import numpy as np
import pytest

from fastnn import Sequential
from fastnn.arrays.convert import to_array
from fastnn.layers import Dense


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


@pytest.fixture
def jax():
    return pytest.importorskip("jax")


@pytest.fixture(scope="module")
def tensorflow():
    return pytest.importorskip("tensorflow")


def refused(x, message):
    model = Sequential([Dense(1)], seed=0)
    model.compile(loss="mse")
    with pytest.raises(TypeError, match=f"^x {message}"):
        model.fit(x, [0, 1, 2])


# PyTorch.


@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8", "int64", "bool", "float16"])
def test_training_on_tensors_of_pytorch(torch, learned, numbers, dtype):
    x, y = numbers
    tensor = torch.tensor(x * 100).to(getattr(torch, dtype))
    array = to_array(tensor, "x")
    assert array.dtype == (np.float32 if dtype == "float16" else dtype)
    if dtype != "float16":
        assert np.shares_memory(array, tensor.numpy())
    assert learned(tensor, torch.tensor(y)) == learned(tensor.numpy(), y)


def test_class_numbers_and_weights_of_pytorch(torch, learned, numbers):
    x, _ = numbers
    classes = np.random.default_rng(1).integers(0, 3, size=len(x))
    weights = np.arange(1.0, 41.0)
    options = {"loss": "sparse_categorical_crossentropy", "outputs": 3}
    expected = learned(x, classes, sample_weight=weights, **options)
    assert learned(torch.tensor(x), torch.tensor(classes), sample_weight=torch.tensor(weights), **options) == expected


def test_a_tensor_that_requires_gradients_is_read_in_place(torch):
    for tensor in (torch.ones(3, 2, requires_grad=True), torch.nn.Parameter(torch.ones(3, 2))):
        assert np.shares_memory(to_array(tensor, "x"), tensor.detach().numpy())
        assert tensor.requires_grad
    assert to_array(torch.ones(3, 2, requires_grad=True) * 2, "x").tolist() == [[2, 2]] * 3


def test_views_of_pytorch(torch):
    tensor = torch.arange(12.0).reshape(3, 4)
    assert np.array_equal(to_array(tensor.T[1:], "x"), tensor.numpy().T[1:])
    assert to_array(torch.tensor([1 + 2j, 3 + 4j]).conj().imag, "x").tolist() == [-2, -4]


@pytest.mark.parametrize("dtype", ["bfloat16", "float8_e4m3fn"])
def test_dtypes_of_pytorch_that_numpy_lacks(torch, dtype):
    tensor = torch.tensor([0.5, -2.0, 0.0]).to(getattr(torch, dtype))
    assert to_array(tensor, "x").dtype == np.float32
    assert to_array(tensor, "x").tolist() == [0.5, -2, 0]


def test_tensors_of_pytorch_that_are_refused(torch):
    ones = torch.ones(3, 2)
    # A device without memory of its own, which every build has.
    refused(ones.to("meta"), r"must be on the processor, but it is on the device meta: copy it first, with x\.cpu\(\)")
    refused(ones.to_sparse(), r"is a tensor of the layout sparse_coo, but it must be dense: pass x\.to_dense\(\)")
    refused(ones.to_mkldnn(), r"is a tensor of the layout _mkldnn, but it must be dense: pass x\.to_dense\(\)")
    refused(ones.to(torch.complex64), "must hold real numbers, but its dtype is complex64")


@pytest.mark.filterwarnings("ignore:.*quantization:DeprecationWarning", "ignore:.*quantize:UserWarning")
def test_a_quantised_tensor_is_refused(torch):
    refused(torch.quantize_per_tensor(torch.ones(3, 2), 0.1, 0, torch.quint8), r"is a quantised tensor, .*dequantize")


# JAX, and others that have DLPack's methods.


@pytest.mark.parametrize("dtype", ["float32", "uint8", "int32", "bool", "float16"])
def test_training_on_arrays_of_jax(jax, learned, numbers, dtype):
    x, y = numbers
    x = (x * 100).astype(dtype)
    array = jax.numpy.asarray(x)
    assert to_array(array, "x").dtype == dtype
    assert np.shares_memory(to_array(array, "x"), np.from_dlpack(array))
    assert learned(array, jax.numpy.asarray(y)) == learned(x, y)


def test_dtypes_of_jax_that_numpy_lacks(jax):
    for dtype in ("bfloat16", "float8_e4m3fn", "int4"):
        array = to_array(jax.numpy.asarray([1.0, -2.0, 0.0]).astype(dtype), "x")
        assert array.dtype == np.float32
        assert array.tolist() == [1, -2, 0]


class OnDevice:
    """What an array of a library for graphics cards shows of itself."""

    def __init__(self, device):
        self.device = device

    def __dlpack_device__(self):
        return self.device, 0

    def __dlpack__(self, **options):
        raise BufferError("not to be read from here")


def test_arrays_on_other_devices_are_refused():
    message = r"must be on the processor, but it is in the memory of {}: copy it first, with numpy\.asarray\(x\)"
    refused(OnDevice(2), message.format("CUDA"))
    refused(OnDevice(8), message.format("Metal"))
    refused(OnDevice(99), message.format("the DLPack device 99"))


def test_dlpack_alone_is_enough():
    class Exchanged:
        def __init__(self, array):
            self.array = array
            self.__dlpack_device__ = array.__dlpack_device__

        def __dlpack_device__(self):
            return self.array.__dlpack_device__()

        def __dlpack__(self, **options):
            return self.array.__dlpack__(**options)

    values = np.arange(6.0).reshape(3, 2)
    assert np.shares_memory(to_array(Exchanged(values), "x"), values)


# TensorFlow.


def test_training_on_tensors_of_tensorflow(tensorflow, learned, numbers):
    x, y = numbers
    tensor = tensorflow.constant(x)
    assert np.shares_memory(to_array(tensor, "x"), to_array(tensor, "x"))
    expected = learned(x, y)
    assert learned(tensor, tensorflow.constant(y)) == expected
    assert learned(tensorflow.Variable(x), y) == expected


def test_dtypes_of_tensorflow(tensorflow):
    tensor = tensorflow.constant([0.5, -2.0])
    assert to_array(tensorflow.cast(tensor, tensorflow.bfloat16), "x").tolist() == [0.5, -2]
    refused(tensorflow.constant(["a", "b"]), "must hold real numbers, but its dtype is object")


def test_sparse_tensors_of_tensorflow_are_refused(tensorflow):
    refused(tensorflow.sparse.from_dense(np.eye(3)), r"must be a dense tensor, but it is a SparseTensor: pass tensorfl")
