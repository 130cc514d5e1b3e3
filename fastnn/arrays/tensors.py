"""Tensors: arrays of other libraries, whose memory NumPy reads in place where it is the processor's."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastnn.arrays.array_kinds import plain_array

__all__ = ["tensor_array"]

# DLPack's numbers for memory that the processor reads: its own, and what CUDA and ROCm share with it.
_READABLE = {1, 3, 11, 13}
_DEVICES = {2: "CUDA", 4: "OpenCL", 7: "Vulkan", 8: "Metal", 10: "ROCm", 14: "oneAPI"}

# How each library copies from a device.
_TO_PROCESSOR = {"torch": "{}.cpu()", "cupy": "{}.get()", "jax": "jax.device_get({})", "jaxlib": "jax.device_get({})"}


def tensor_array(value: Any, library: str, name: str) -> NDArray[Any]:
    """A tensor of PyTorch, TensorFlow, JAX or whatever has ``__dlpack__`` as an array that shares its memory.

    Parameters
    ----------
    value : tensor
        On the processor and dense. One of PyTorch that requires gradients is taken without them. Of dtypes that NumPy
        lacks, such as bfloat16, it is copied to float32.
    library : str
        Where its class comes from.
    name : str
        What messages call it.

    Raises
    ------
    TypeError
        When it lies on another device, is sparse, or holds no real numbers; the message says what to do.
    """
    if library == "torch":
        array = _from_torch(value, name)
    elif library == "tensorflow":
        array = _from_tensorflow(value, name)
    else:
        array = _from_dlpack(value, library, name)
    return plain_array(array, name)


def _from_torch(tensor: Any, name: str) -> NDArray[Any]:
    if tensor.device.type != "cpu":
        raise _elsewhere(f"on the device {tensor.device}", "torch", name)
    layout = str(tensor.layout).removeprefix("torch.")
    if layout != "strided":
        raise TypeError(f"{name} is a tensor of the layout {layout}, but it must be dense: pass {name}.to_dense()")
    if tensor.is_quantized:
        raise TypeError(f"{name} is a quantised tensor, but it must hold numbers: pass {name}.dequantize()")
    tensor = tensor.detach()
    if tensor.dtype.is_floating_point and tensor.element_size() < 4:
        tensor = tensor.float()
    # force resolves what PyTorch puts off, such as a negation.
    array: NDArray[Any] = tensor.numpy(force=True)
    return array


def _from_tensorflow(tensor: Any, name: str) -> NDArray[Any]:
    if not hasattr(tensor, "__array__"):
        raise TypeError(
            f"{name} must be a dense tensor, but it is a {type(tensor).__name__}: "
            f"pass tensorflow.sparse.to_dense({name})"
        )
    # Unlike tensor.numpy() this does not copy.
    return np.asarray(tensor)


def _from_dlpack(value: Any, library: str, name: str) -> NDArray[Any]:
    device = int(value.__dlpack_device__()[0])
    if device not in _READABLE:
        raise _elsewhere(f"in the memory of {_DEVICES.get(device, f'the DLPack device {device}')}", library, name)
    try:
        return np.from_dlpack(value)
    except (BufferError, RuntimeError):
        # A dtype that DLPack or NumPy lacks.
        return np.asarray(value)


def _elsewhere(where: str, library: str, name: str) -> TypeError:
    copy = _TO_PROCESSOR.get(library, "numpy.asarray({})").format(name)
    return TypeError(f"{name} must be on the processor, but it is {where}: copy it first, with {copy}")
