"""What a layer took and gave where it was called: Keras' ``layer.input`` and ``layer.output``."""

from __future__ import annotations

import weakref
from typing import Any

from fastnn.checking.strict import Strict
from fastnn.layers.symbolic import SymbolicTensor

__all__ = ["Called"]


class Called(Strict):
    """What knows of its calls. A layer keeps no value, and so no model, alive: a model keeps its own."""

    _gave: tuple[weakref.ref[SymbolicTensor], ...] = ()

    def note(self, tensor: SymbolicTensor) -> None:
        """Remember what a call gave."""
        self._keep(_gave=(*(one for one in self._gave if one() is not None), weakref.ref(tensor)))

    @property
    def output(self) -> SymbolicTensor:
        """What the layer gave when it was first called, in a graph or a built model that is still there.

        Raises
        ------
        RuntimeError
            Where it was not called, or nobody has the model any more.
        """
        return self._first()

    def _first(self) -> SymbolicTensor:
        for one in self._gave:
            tensor = one()
            if tensor is not None and not tensor.place:
                return tensor
        raise RuntimeError(
            f"{getattr(self, 'name', None) or type(self).__name__} has no input and no output: it is in no built model "
            "that is still there, and was not called"
        )

    @property
    def input(self) -> Any:
        """What the layer took then: a symbolic tensor, or a list of them where it takes several; raises as `output`."""
        inputs = self._first().inputs
        return inputs[0] if len(inputs) == 1 else list(inputs)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_gave"}
