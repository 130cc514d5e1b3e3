"""Where a model begins and ends: shapes and names of inputs and outputs, and their symbolic tensors."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Any, ClassVar

from fastnn.checking.fixed import FixedList
from fastnn.checking.shapes import Shape
from fastnn.checking.strict import Strict
from fastnn.layers.base import Layer
from fastnn.layers.symbolic import SymbolicTensor

__all__ = ["Ends"]


class Ends(Strict):
    """A model's inputs and outputs, and symbolic tensors of its own, by which its layers know what they take and give.

    Of these other models are made: Keras' ``model.input`` and ``model.output``.
    """

    layers: FixedList[Layer]

    # What its layers give, one for each call; kept from one build to the next.
    _tensors: Sequence[SymbolicTensor] = ()
    # The layer that the model is in others, as long as there are such.
    own_layer: weakref.ref[Any] | None = None

    @property
    def built(self) -> bool:
        """Whether there are weights and a plan."""
        raise NotImplementedError

    @property
    def input_shape(self) -> Shape | None:
        """Of one sample; None where it is not known yet."""
        raise NotImplementedError

    # Whether users give the names of inputs and outputs, of one alone, too.
    names_ends: ClassVar[bool] = False

    @property
    def input_names(self) -> tuple[str, ...]:
        """Of several inputs, in their order; of one, nobody asks for its name."""
        return ("input",)

    @property
    def output_names(self) -> tuple[str, ...]:
        """Of several outputs, in their order."""
        return ("output",)

    @property
    def input_shapes(self) -> list[Shape]:
        """Of a sample of each input; empty where they are not known yet."""
        return [] if self.input_shape is None else [self.input_shape]

    @property
    def output_shape(self) -> Shape | None:
        """Of one sample's outputs; None until the model is built."""
        return self.layers[-1].output_shape if self.built else None

    @property
    def output_shapes(self) -> list[Shape]:
        """Of one sample of each output; empty until the model is built."""
        return [] if self.output_shape is None else [self.output_shape]

    def output_activations(self) -> list[str | None]:
        """The name of the activation that each output is that of; None where it is what an input has, or some of it."""
        found = (layer.output_activation for layer in reversed(self.layers))
        return [next((name for name in found if name is not None), None)]

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
