"""Where a model begins and ends as symbolic tensors, of which other models are made: Keras' ``model.input``."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Any

from fastnn.checking.strict import Strict
from fastnn.layers.base import Layer
from fastnn.layers.symbolic import SymbolicTensor

__all__ = ["Ends"]


class Ends(Strict):
    """A model that has symbolic tensors of its own, by which its layers know what they take and give."""

    # What its layers give, one for each call; kept from one build to the next.
    _tensors: Sequence[SymbolicTensor] = ()
    # The layer that the model is in others, as long as there are such.
    own_layer: weakref.ref[Any] | None = None

    def _describe(self) -> None:
        """Make the tensors of built layers that are not there yet."""
        raise NotImplementedError

    def _must_be_nobodys_layer(self) -> None:
        """Raise ValueError where the model is a layer of another, whose layers must stay."""
        if self.own_layer is not None and self.own_layer() is not None:
            raise ValueError("the model is a layer of another, whose layers must stay: change it before it becomes one")

    def _describe_chain(self, begin: SymbolicTensor, layers: Sequence[Layer]) -> None:
        """`_describe` of built layers, each of which takes what the one before gives."""
        last, made = begin, []
        for number, layer in enumerate(layers):
            given = self._tensors[number] if number < len(self._tensors) else None
            # A model that another layer was added to has the others' tensors still.
            if given is None or given.layer is not layer or given.inputs != (last,):
                assert layer.output_shape is not None
                given = SymbolicTensor(layer, (last,), layer.output_shape)
                layer.note(given)
            made.append(given)
            last = given
        self._keep(_tensors=made)

    def _ends(self) -> tuple[list[SymbolicTensor], list[SymbolicTensor]]:
        """What a built model takes and gives; by default that of a chain."""
        return [self._tensors[0].inputs[0]], [self._tensors[-1]]

    def needs_plan(self) -> object:
        """Build the model where it is not built; raises as its ``build`` does."""
        raise NotImplementedError

    @property
    def inputs(self) -> list[SymbolicTensor]:
        """What the model takes, in a list; raises as ``build`` does where it cannot be built."""
        self.needs_plan()
        return self._ends()[0]

    @property
    def outputs(self) -> list[SymbolicTensor]:
        """What it gives, in a list; raises as ``build`` does where it cannot be built."""
        self.needs_plan()
        return self._ends()[1]

    @property
    def input(self) -> Any:
        """What the model takes; a list where there are several."""
        return _one_or_list(self.inputs)

    @property
    def output(self) -> Any:
        """What it gives; a list where there are several."""
        return _one_or_list(self.outputs)


def _one_or_list(tensors: list[SymbolicTensor]) -> Any:
    return tensors[0] if len(tensors) == 1 else tensors
