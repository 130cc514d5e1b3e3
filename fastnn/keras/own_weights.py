"""Weights that a layer of a user's own adds, as far as they are those of a dense layer: ``x @ kernel + bias``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

from fastnn.layers.dense import Dense
from fastnn.layers.symbolic import SymbolicTensor

__all__ = ["OwnWeight"]


class OwnWeight:
    """What ``add_weight`` gives: of ``x @ kernel + bias`` one or the other, which together are a `Dense`.

    Parameters
    ----------
    shape : sequence of int
        Two numbers of a kernel, one of a bias.
    name, initializer, regularizer, constraint, trainable
        As Keras' ``add_weight`` has them.

    Examples
    --------
    >>> from fastnn.layers import Input
    >>> kernel, bias = OwnWeight((4, 3)), OwnWeight((3,), initializer="zeros")
    >>> Input((4,)).tensor @ kernel + bias
    <SymbolicTensor of Dense, shape (None, 3)>
    """

    def __init__(
        self,
        shape: Sequence[int],
        *,
        name: str | None = None,
        initializer: Any = None,
        regularizer: Any = None,
        constraint: Any = None,
        trainable: bool = True,
    ) -> None:
        self.shape, self.name = tuple(int(size) for size in shape), name
        self.initializer = "glorot_uniform" if initializer is None else initializer
        self.regularizer, self.constraint, self.trainable = regularizer, constraint, trainable
        # The dense layers that it is a part of, by the bias that each has.
        self.layers: dict[OwnWeight | None, Dense] = {}
        self._products: list[tuple[SymbolicTensor, SymbolicTensor]] = []

    def combined(self, operation: str, left: Any, right: Any) -> SymbolicTensor:
        """What arithmetic of a symbolic tensor and this is.

        Raises
        ------
        TypeError
            For anything but a product by a matrix, and a sum of one and a vector.
        """
        tensor = getattr(left, "tensor", left)
        if operation == "matmul" and right is self and isinstance(tensor, SymbolicTensor) and len(self.shape) == 2:
            made: SymbolicTensor = self._product(tensor, None)
            return made
        if operation == "add" and len(self.shape) == 1:
            other = tensor if right is self else getattr(right, "tensor", right)
            kernel = getattr(getattr(other, "layer", None), "_own_kernel", None)
            if isinstance(kernel, OwnWeight):
                of = next((x for given, x in kernel._products if given is other), None)
                if of is not None:
                    biased: SymbolicTensor = kernel._product(of, self)
                    return biased
        self._refuse()

    def _product(self, x: SymbolicTensor, bias: OwnWeight | None) -> SymbolicTensor:
        if x.sample_shape[-1] != self.shape[0] or (bias is not None and bias.shape != self.shape[1:]):
            shapes = [self.shape] if bias is None else [self.shape, bias.shape]
            raise ValueError(f"weights of shape {' and '.join(map(str, shapes))} do not fit what has shape {x.shape}")
        layer = self.layers.get(bias)
        if layer is None:
            layer = self.layers[bias] = self._dense(bias)
        given: SymbolicTensor = layer(x)
        self._products = [*self._products[-9:], (given, x)]
        return given

    def _dense(self, bias: OwnWeight | None) -> Dense:
        if bias is not None and bias.trainable != self.trainable:
            raise TypeError("a kernel and its bias are trained together, or neither: give both the same trainable")
        of_bias = {} if bias is None else {"bias_initializer": bias.initializer, "bias_regularizer": bias.regularizer,
                                           "bias_constraint": bias.constraint}  # fmt: skip
        layer = Dense(
            self.shape[1],
            use_bias=bias is not None,
            kernel_initializer=self.initializer,
            kernel_regularizer=self.regularizer,
            kernel_constraint=self.constraint,
            trainable=self.trainable,
            **of_bias,
        )
        layer._keep(_own_kernel=self)
        if bias is not None:
            bias.layers[self] = layer
        return layer

    def check(self, used: Sequence[Any], what: str) -> None:
        """Raise TypeError where not just one of its layers is in the graph of these."""
        count = sum(any(layer is one for one in used) for layer in self.layers.values())
        if count != 1:
            told = "in no product" if count == 0 else "both with and without a bias, or with several"
            raise TypeError(
                f"the weight {self.name or 'of shape ' + str(self.shape)} of {what} is used {told}: write Dense layers "
                "in __init__, and call these"
            )

    def _refuse(self) -> NoReturn:
        raise TypeError(
            "weights of one's own are the kernel and the bias of a dense layer, x @ kernel + bias, and nothing else: "
            "write layers of fastnn for whatever else they do"
        )

    def __radd__(self, other: Any) -> Any:
        return self.combined("add", other, self)

    def __rmatmul__(self, other: Any) -> Any:
        return self.combined("matmul", other, self)

    def __mul__(self, other: Any) -> Any:
        self._refuse()

    __rmul__ = __sub__ = __rsub__ = __truediv__ = __rtruediv__ = __matmul__ = __pow__ = __neg__ = __mul__

    def __add__(self, other: Any) -> Any:
        return self.combined("add", self, other)

    def numpy(self) -> Any:
        """The numbers, once the layer is built."""
        return self._array().numpy()

    def assign(self, value: Any) -> None:
        """Replace the numbers, once the layer is built."""
        self._array().assign(value)

    def _array(self) -> Any:
        for layer in self.layers.values():
            if layer.arrays:
                return layer.kernel if len(self.shape) == 2 else layer.bias
        raise RuntimeError("the weight has no numbers yet: it has once its layer is in a built model")
