"""Linear: ``x``, which is no activation."""

import numpy as np

from fastnn.activations.base import ActivationKind
from fastnn.registry import Without

__all__ = ["KIND"]

_NO_STEP = "the identity has no step in a prediction"

KIND = ActivationKind(
    name="linear",
    aliases=(),
    engine=Without("the engine has nothing to do"),
    lower=lambda plan: None,
    parameters=(),
    layer=Without("Activation('linear') is enough"),
    negative=True,
    function=lambda x: x,
    derivative=lambda x: np.ones_like(x),
    from_output=None,
    c=Without(_NO_STEP),
    onnx=Without(_NO_STEP),
    keras=Without("Keras has it by its name alone"),
    torch=Without("PyTorch's Identity is left out of a model"),
    torch_function=Without("PyTorch has no function for it"),
    sklearn="identity",
)
