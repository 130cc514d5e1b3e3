"""Log-softmax from and for other systems: alone, since other activations leave little of numbers so far below zero."""

import numpy as np
import pytest

from fastnn import Sequential
from fastnn.interop import from_keras, from_torch, to_onnx
from fastnn.layers import Dense, Input, LogSoftmax

X = np.random.default_rng(0).normal(size=(7, 5), scale=3).astype(np.float32)
# Sums of a dozen numbers below thirty, in another order.
CLOSE = {"rtol": 1e-5, "atol": 1e-5}


# Keras' own variables.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_from_keras(keras):
    theirs = keras.Sequential([keras.Input((5,)), keras.layers.Dense(4, "log_softmax")])
    np.testing.assert_allclose(from_keras(theirs).predict(X), theirs.predict(X, verbose=0), **CLOSE)


def test_from_torch():
    torch = pytest.importorskip("torch")
    theirs = torch.nn.Sequential(torch.nn.Linear(5, 4), torch.nn.LogSoftmax(1))
    ours = from_torch(theirs)
    assert [type(layer) for layer in ours.layers] == [Dense, LogSoftmax]
    np.testing.assert_allclose(ours.predict(X), theirs(torch.tensor(X)).detach().numpy(), **CLOSE)
    with pytest.raises(ValueError, match="a log_softmax takes rows"):
        from_torch(torch.nn.Sequential(torch.nn.LogSoftmax(-1)), (2, 3))
    for dim in (0, None):
        with pytest.raises(ValueError, match=f"it has dim={dim}"):
            from_torch(torch.nn.Sequential(torch.nn.Linear(5, 4), torch.nn.LogSoftmax(dim)))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_to_onnx(dtype):
    pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    ours = Sequential([Input((5,)), Dense(4, "log_softmax")], seed=1, dtype=dtype)
    session = runtime.InferenceSession(to_onnx(ours).SerializeToString(), providers=["CPUExecutionProvider"])
    (got,) = session.run(["output"], {"input": X.astype(dtype)})
    assert got.dtype == dtype
    np.testing.assert_allclose(got, ours.predict(X.astype(dtype)), rtol=1e-5 if dtype == "float32" else 1e-12)
