"""The layer of a `Sequential` model: a description that is built for an input shape and lowered to an engine plan.

A layer knows its shapes and its variables; their arrays are views into the model's one vector of parameters, and all
arithmetic is the engine's.
"""

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Self

from numpy.typing import NDArray

from fastnn.checking.fixed import FixedDict
from fastnn.checking.names import non_empty_name, snake_case
from fastnn.checking.scalars import true_or_false
from fastnn.checking.shapes import Shape, checked_shape
from fastnn.layers.calls import Called
from fastnn.layers.config import Configured
from fastnn.layers.freezing import FREEZINGS
from fastnn.layers.symbolic import SymbolicTensor, call, is_symbolic
from fastnn.layers.training_argument import check_training
from fastnn.layers.unchanged import unchanged_if_it_fails
from fastnn.layers.weights import ARRAY_NAMES, NUMBERS, LayerWeights, Variable, fixed_arrays
from fastnn_ext.engine.plan import Plan

__all__ = ["NUMBERS", "Layer", "Variable", "fixed_arrays"]

# A file's arrays are called by the layers: a name that is a path would lead elsewhere.
_NOT_IN_NAMES = "/\\"


class Layer(LayerWeights, Called, Configured):
    """A layer of a model.

    Parameters
    ----------
    name : str, optional
        By default the class' name in snake case, with a number where a model has several.
    input_shape : tuple of int, optional
        Of one sample. The first layer of a model may have it in place of an `Input`.
    trainable : bool, default True
        Whether training changes the layer's arrays. Frozen, they stay as they are, penalties on them do not count, and
        a batch normalisation takes its moving statistics. It may be assigned, and counts from the next call of
        ``fit`` or ``train_on_batch``. Call ``compile`` after it, as in Keras: the optimiser then starts anew.

    Attributes
    ----------
    input_shape, output_shape : tuple of int or None
        Of one sample; None until the model is built.
    arrays : dict of ndarray
        The variables' arrays by name: views into the model's parameters, once it is built. Each is an attribute, too,
        such as ``layer.kernel``, with Keras' ``assign`` and ``numpy``.
    """

    # Whether a model has it; no reference to the model, which is freed at once when nobody needs it any more.
    in_model = False
    # What calls it on arrays, as Keras does: set in `fastnn.keras` for what is made there.
    computes_arrays: Callable[..., Any] | None = None
    # Whether its name is a model's choice, and may become another where a second model has one of that name.
    named_by_model = False
    # Whether several models have it, so that none of them may give it other arrays.
    shared = False
    # The model that is this layer, where one is.
    inner_model: Any = None
    # Whether training and prediction differ: one that draws, or normalises by the batch.
    acts_otherwise_in_training: ClassVar[bool] = False

    _name: str | None
    _changeable = frozenset({"name", "trainable"})
    _instead: ClassVar = {
        **{name: NUMBERS.format(name) for name in ARRAY_NAMES},
        "weights": "call model.set_weights, or write into an array, layer.arrays['kernel'][:] = ...",
        "arrays": "write into them, layer.arrays['kernel'][:] = ...",
        **dict.fromkeys(("input_shape", "output_shape", "declared_shape"), "the model finds it: build another one"),
        "in_model": "model.add and model.pop tell it",
        "shared": "models tell it",
    }

    def _repr_html_(self) -> str:
        """What it was made with, and its shapes where they are known, as Jupyter shows it."""
        from fastnn.html import table

        # What the user did not choose says little.
        settings = {key: value for key, value in self.configuration().items() if value is not None and key != "name"}
        rows: list[tuple[object, ...]] = [(key, getattr(value, "name", value)) for key, value in settings.items()]
        if self.output_shape is not None:
            rows.append(("output shape", self.output_shape))
            rows.append(("parameters", f"{self.count_params():,}"))
        kind = type(self).__name__
        return table(f"{self.name} ({kind})" if self.name else kind, (), rows)

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        if hasattr(cls, "call"):
            raise TypeError(
                f"{cls.__name__} has a call, which no model would run: all arithmetic is the engine's. Describe it by "
                "layers of fastnn.layers; what an Activation has not is a pair of a function and its derivative"
            )

    def __init__(
        self, *, name: str | None = None, input_shape: Sequence[int] | None = None, trainable: bool = True
    ) -> None:
        self.name, self.trainable = name, trainable
        self.declared_shape = None if input_shape is None else checked_shape(input_shape, "input_shape")
        self.input_shape: Shape | None = None
        self.output_shape: Shape | None = None
        self.arrays: FixedDict[str, NDArray[Any]] = fixed_arrays({})

    @property
    def name(self) -> str | None:
        """What a model knows it by; it may be assigned until the layer is in one."""
        return self._name

    @name.setter
    def name(self, value: str | None) -> None:
        if self.in_model:
            raise AttributeError(f"{self._name} is in a model, which knows it by this name: name layers before")
        if value is not None:
            non_empty_name(value, "name")
            if not value.isprintable() or set(value) & set(_NOT_IN_NAMES):
                raise ValueError(f"name must have no slash, backslash or control character, but it is {value!r}")
        self._name = value

    @property
    def trainable(self) -> bool:
        """Whether training changes the layer's arrays."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = true_or_false(value, "trainable")
        FREEZINGS.note()

    def _forget(self) -> None:
        """Be in no model, without shapes and arrays."""
        self._keep(in_model=False, shared=False, _gave=(), input_shape=None, output_shape=None, arrays=fixed_arrays({}))

    def build(self, input_shape: Shape) -> Shape:
        """Take the shape of a sample before the layer; return the one after it.

        Raises
        ------
        ValueError
            When the layer cannot take such samples; the message says why and what to do.
        """
        if self.shared and self.input_shape not in (None, input_shape):
            raise ValueError(
                f"another model has it, too, where it takes samples of shape {self.input_shape}, and they share its "
                f"weights: it cannot take samples of shape {input_shape}"
            )
        with unchanged_if_it_fails(self):
            # Some look at it for their output.
            self._keep(input_shape=input_shape)
            told = f"what output_for of {type(self).__name__} gives"
            output_shape = checked_shape(self.output_for(input_shape), told)
        self._keep(output_shape=output_shape)
        return output_shape

    def output_for(self, input_shape: Shape) -> Shape:
        """The shape of a sample behind the layer; by default the same."""
        return input_shape

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[int | None, ...]:
        """Keras' method: the shape of a batch behind the layer, from that before it; each begins with None.

        >>> from fastnn.layers import Dense
        >>> Dense(3).compute_output_shape((None, 4))
        (None, 3)
        """
        if len(input_shape) < 2 or input_shape[0] is not None:
            raise ValueError(f"input_shape must be that of a batch, such as (None, 4), but it is {input_shape!r}")
        return (None, *self.output_for(checked_shape(list(input_shape[1:]), "input_shape")))

    @property
    def default_name(self) -> str:
        """What a model calls it where it has no name, with a number where that is taken."""
        return snake_case(type(self).__name__)

    def shape_of_inputs(self, shapes: Sequence[Shape]) -> Shape:
        """What `build` takes where the layer is called on samples of these shapes; ValueError where it cannot be."""
        if len(shapes) != 1:
            raise ValueError(f"{self.name or type(self).__name__} takes one input, but is called on {len(shapes)}")
        return shapes[0]

    def __call__(self, inputs: Any, training: bool | None = None) -> SymbolicTensor:
        """Describe a graph: what the layer gives for these inputs, for a `fastnn.Model`.

        Called again, it shares its weights.

        Parameters
        ----------
        inputs : Input or SymbolicTensor
            A list of them for a layer that merges several.
        training : bool, optional
            Keras' argument. A layer that acts otherwise in training does so by itself, and refuses it.

        Returns
        -------
        SymbolicTensor

        Raises
        ------
        TypeError
            For anything else, such as an array: numbers go to a model.
        ValueError
            When the layer cannot take such samples, or took others before.
        """
        check_training(self, training)
        if self.computes_arrays is not None and not is_symbolic(inputs):
            given: SymbolicTensor = self.computes_arrays(self, inputs, training)
            return given
        return call(self, inputs)

    def owners(self) -> "list[tuple[Layer, str]]":
        """Whose each of `variables` is, and its name there; those of a model's layers are these layers'."""
        return [(self, variable.name) for variable in self.variables()]

    @property
    def output_activation(self) -> str | None:
        """The activation that the layer's outputs are those of; None where they are what comes in, or some of it."""
        return None

    @property
    def output_shapes(self) -> list[Shape]:
        """Of a sample of each value that a call gives, one but for models; empty until the layer is built."""
        return [] if self.output_shape is None else [self.output_shape]

    def output_activations(self) -> list[str | None]:
        """`output_activation` of each."""
        return [self.output_activation]

    def lower(self, plan: Plan) -> None:
        """Append the layer to an engine plan, over its arrays."""
        raise NotImplementedError(f"{type(self).__name__} cannot be lowered to the engine")

    def lower_on(self, plan: Plan, values: Sequence[int]) -> None:
        """Append the layer, on these of the plan's values."""
        plan.follow(values[0])
        self.lower(plan)

    def lower_outputs(self, plan: Plan, values: Sequence[int], wanted: Sequence[int]) -> list[int]:
        """`lower_on`, and the plan's values of these of the layer's outputs."""
        self.lower_on(plan, values)
        return [plan.value]

    def configuration(self) -> dict[str, Any]:
        """The constructor's arguments, for saving."""
        shape = {} if self.declared_shape is None else {"input_shape": list(self.declared_shape)}
        return {"name": self.name, **shape, **({} if self.trainable else {"trainable": False})}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """A layer of what `get_config` gave. Nothing in it is run; TypeError or ValueError where it does not fit."""
        if not isinstance(config, Mapping):
            return super().from_config(config)
        # All layers have it, and few take it as an argument.
        made = super().from_config({name: value for name, value in config.items() if name != "trainable"})
        made.trainable = config.get("trainable", True)
        return made

    def __copy__(self) -> Self:
        """A deep copy, with arrays of its own."""
        return copy.deepcopy(self)

    def __getstate__(self) -> dict[str, Any]:
        # The models that a copy is in tell it.
        return {name: value for name, value in super().__getstate__().items() if name not in ("in_model", "shared")}

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name or 'without a name'}: {self.input_shape} to {self.output_shape}>"
