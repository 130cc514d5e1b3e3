"""The outputs of every layer: what becomes of samples on their way through a model."""

from typing import Any

from numpy.typing import NDArray

from fastnn.models.inputs import read_inputs
from fastnn.models.sequential import Sequential
from fastnn.plotting.model import built
from fastnn_ext.engine.plan import Plan


def layer_outputs(model: Sequential, x: Any) -> dict[str, NDArray[Any]]:
    """What each layer gives out for samples, as in ``model.predict``: without dropout and noise.

    Parameters
    ----------
    model : Sequential
        Built.
    x : array-like, shape (samples, ...)
        As in `Sequential.predict`.

    Returns
    -------
    dict of ndarray, shape (samples, numbers of a sample)
        By the layers' names, in their order, of the model's dtype. The last is what ``model.predict`` returns.

    Raises
    ------
    TypeError, ValueError
        When x does not fit the model, or holds no sample, NaN or infinity.
    RuntimeError
        When the model is not built.

    Examples
    --------
    >>> from fastnn.layers import Dense, Input, ReLU
    >>> model = Sequential([Input((1,)), Dense(2, kernel_initializer="ones"), ReLU()])
    >>> layer_outputs(model, [[-3.0], [2.0]])["re_lu"]
    array([[0., 0.], [2., 2.]], dtype=float32)
    """
    built(model)
    # Refuses what does not fit, so that the shorter plans below need not.
    last = model.predict(x)
    if not len(last):
        raise ValueError("x must hold at least one sample, but it holds none")
    inputs = read_inputs(model, x, "x", single=True)
    outputs: dict[str, NDArray[Any]] = {}
    for count, layer in enumerate(model.layers[:-1], start=1):
        plan = Plan(model.needs_plan().input_size, model.dtype)
        for earlier in model.layers[:count]:
            earlier.lower(plan)
        rows = plan.predict(inputs)
        assert rows is not None
        outputs[str(layer.name)] = rows
    return outputs | {str(model.layers[-1].name): last}
