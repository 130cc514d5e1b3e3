"""Keras' functional model: `fastnn.Model` with what scripts expect of Keras' beside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import DTypeLike

from fastnn.checking.names import snake_case
from fastnn.checking.scalars import true_or_false
from fastnn.interop.keras_calls import described_graph
from fastnn.interop.keras_config import readable
from fastnn.interop.keras_graphs import has_own_names, order, sorted_graph
from fastnn.keras.session import SESSION
from fastnn.keras.subclassed import SubclassedModel
from fastnn.keras.translating import translated
from fastnn.layers.once import arrays_once
from fastnn.layers.symbolic import SymbolicTensor
from fastnn.models.base import BaseModel
from fastnn.models.graph import Graph
from fastnn.models.layered import fixed_layers

__all__ = ["Model"]


class Model(SubclassedModel):
    """A graph of layers, with the arguments of Keras' ``Model``.

    In a class of your own, ``call(self, x)`` may say how the layers are connected that ``__init__`` makes. It is called
    once, on symbolic tensors, when the shape of a sample is known: by ``build((None, ...))``, ``fit``, or the model on
    data. What it does must so be layers that are called, functions of ``keras.ops``, and ``+``, ``-`` and ``*`` of what
    these give; ``training`` may be handed on to layers, and decide about dropout.

    Parameters
    ----------
    inputs, outputs : as in `fastnn.Model`
        Keras 1 called them ``input`` and ``output``.
    name : str, optional
    trainable : bool, default True
        False: training changes no weights.
    dtype, seed
        As in `fastnn.keras.Sequential`.

    Raises
    ------
    TypeError, ValueError
        For a ``call`` that is no graph of layers; the message names the line.

    Examples
    --------
    >>> from fastnn.keras.layers import Dense, Input, concatenate
    >>> x = Input(shape=(4,))
    >>> hidden = Dense(8, activation="relu")(x)
    >>> model = Model(inputs=x, outputs=Dense(1)(concatenate([x, hidden])))
    >>> model.compile("adam", "mse", metrics=["mae"])
    >>> model.metrics_names
    ['loss', 'mae']
    >>> model(np.ones((3, 4))).numpy().shape
    (3, 1)

    >>> class Residual(Model):
    ...     def __init__(self, units):
    ...         super().__init__()
    ...         self.hidden, self.out = Dense(units, activation="relu"), Dense(1)
    ...
    ...     def call(self, x):
    ...         return self.out(self.hidden(x) + x)
    >>> Residual(4)(np.ones((3, 4))).shape
    (3, 1)
    """

    def __init__(
        self,
        inputs: Any = None,
        outputs: Any = None,
        name: str | None = None,
        trainable: bool = True,
        *,
        dtype: DTypeLike | None = None,
        seed: int | np.random.Generator | None = None,
        **options: Any,
    ) -> None:
        given = {key: value for key, value in (("inputs", inputs), ("outputs", outputs)) if value is not None}
        taken = translated(("Model",), type(self).__name__, given | options)
        trained = true_or_false(trainable, "trainable")
        settings: dict[str, Any] = {
            "dtype": SESSION.floatx if dtype is None else dtype,
            "seed": SESSION.next_seed() if seed is None else seed,
        }
        if hasattr(type(self), "call") and taken:
            raise TypeError(
                f"{type(self).__name__} has a call, which says how its layers are connected, and cannot be given "
                f"{' and '.join(taken)} as well: leave out one of the two"
            )
        if hasattr(type(self), "call"):
            self._begin(name=snake_case(type(self).__name__) if name is None else name, **settings)
            self._trainable = trained
            return
        if taken.keys() != {"inputs", "outputs"}:
            unknown = [key for key in taken if key not in ("inputs", "outputs")]
            if unknown:
                raise TypeError(f"{type(self).__name__} has no argument {unknown[0]!r}: it takes inputs, outputs, name")
            raise TypeError(
                f"{type(self).__name__} needs inputs and outputs, keras.Model(inputs, outputs), or a call: a class of "
                "your own says by call(self, x) how its layers are connected"
            )
        super().__init__(taken["inputs"], taken["outputs"], name="functional" if name is None else name, **settings)
        # Its layers keep what they say, as in Keras.
        self._trainable = trained

    @property
    def gives_dict(self) -> bool:
        """Whether outputs come as a dict: where the model was made with one, or they have names of their own."""
        return getattr(self, "_gives_dict", False) or has_own_names(self)

    def _named(self, outputs: Any) -> Any:
        if self.gives_dict:
            return dict(zip(self.output_names, outputs if isinstance(outputs, list) else [outputs], strict=True))
        return outputs

    def _take(self, inputs: Any, outputs: Any) -> None:
        self._gives_dict = isinstance(outputs, Mapping)
        # Keras sorts them, and with them the layers.
        super()._take(inputs, dict(sorted(outputs.items())) if isinstance(outputs, Mapping) else outputs)

    @classmethod
    def of(cls, model: BaseModel) -> Self:
        made = super().of(model)
        graph, tensors = sorted_graph(made.graph, list(made._tensors))
        # What an optimiser remembers is in the order of before.
        if graph.nodes != made.graph.nodes and made.optimizer_state.arrays is None:
            weights = [array.copy() for _, _, array in arrays_once(graph.layers)]
            made._keep(layers=fixed_layers(graph.layers), _graph=graph, _tensors=tensors)
            made._fill(weights)
        made._add_inputs()
        return made

    def _connect(self, *graph: Any) -> None:
        super()._connect(*graph)
        self._add_inputs()

    def _add_inputs(self) -> None:
        """Have the inputs among the layers, as Keras has them but for a class with a ``call``."""
        graph = self.graph
        if not self._by_call:
            places = order(graph)
            if [place for place in places if place >= 0] != list(range(len(graph.layers))):
                # In an order of its own, such as that of a file: weights go by it.
                places = [*(-1 - number for number in range(len(graph.inputs))), *range(len(graph.layers))]
            found = [graph.layers[place] if place >= 0 else graph.inputs[-1 - place] for place in places]
            self._keep(layers=fixed_layers(found))

    def _sorted(self, graph: Graph, tensors: list[SymbolicTensor]) -> tuple[Graph, list[SymbolicTensor]]:
        # So that get_weights has Keras' order.
        return super()._sorted(graph, tensors) if self._by_call else sorted_graph(graph, tensors)

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Self:
        """A new model of the layers that `get_config` described; layers of models within it become its own."""
        entry = {"class_name": "Functional", "config": config}
        with readable("the configuration of a Model"):
            found = described_graph(entry, custom_objects or {}, cls).model
        found._build()
        return found
