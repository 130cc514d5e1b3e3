"""The public methods of every model for training loops of one's own: its gradients, and steps by them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from numpy.typing import ArrayLike, NDArray

from fastnn.models.compiled import CompiledModel

if TYPE_CHECKING:
    from fastnn.models.gradients import Gradients
    from fastnn.models.own_loops import OwnLoops

__all__ = ["DifferentiableModel"]


class DifferentiableModel(CompiledModel):
    """A model that gives its gradients."""

    _not_copied = CompiledModel._not_copied | {"_own_loops"}

    def _forget_training(self) -> None:
        super()._forget_training()
        self._own_loops: OwnLoops | None = None

    def gradients(self, x: Any, y: Any, sample_weight: ArrayLike | None = None, *, inputs: bool = False) -> Gradients:
        """The gradients of the loss of one batch: nothing is trained.

        Those of the mean over the batch that `train_on_batch` takes its step by, the layers' penalties included. Layers
        are as in training: dropout draws, batch normalisation uses the batch's statistics and moves its averages.

        Parameters
        ----------
        x, y, sample_weight : as in `fit`
            C-contiguous rows in the model's dtype are fastest.
        inputs : bool, default False
            Whether to work out those with respect to the inputs, too.

        Returns
        -------
        Gradients
            ``loss``; ``parameters``, one vector in the layout of ``model.parameters``; ``named``, views into it such as
            ``named["dense.kernel"]``; ``inputs``.

        Raises
        ------
        TypeError, ValueError, RuntimeError
            As `fit`.
        FloatingPointError
            When the loss or a gradient is not finite.

        Examples
        --------
        >>> import fastnn, numpy as np
        >>> model = fastnn.Sequential([fastnn.Input((2,)), fastnn.Dense(1, use_bias=False)], dtype="float64")
        >>> model.set_weights([np.array([[1.0], [2.0]])])
        >>> model.compile("sgd", "mse")
        >>> found = model.gradients(np.array([[1.0, 3.0]]), np.array([[5.0]]), inputs=True)
        >>> found.loss, found.named["dense.kernel"].tolist(), found.inputs.tolist()
        (4.0, [[4.0], [12.0]], [[4.0, 8.0]])
        """
        return (self._own_loops or self._needs_own_loops()).gradients(x, y, sample_weight, inputs)

    def backward(self, x: Any, output_gradient: Any, *, inputs: bool = False) -> Gradients:
        """The gradients of anything whose gradient with respect to the outputs is known: the vector-Jacobian product.

        Parameters
        ----------
        x : as in `fit`
            One batch. It passes forward through the layers, as in training, and then back.
        output_gradient : array-like, shape of the outputs
            Of several outputs a list, or a dict by their names. Its sum over samples is taken, not their mean.
        inputs : bool, default False
            Whether to work out those with respect to the inputs, too.

        Returns
        -------
        Gradients
            As `gradients`, but ``loss`` is None, and penalties have no part in it. No loss has to be compiled.

        Raises
        ------
        TypeError, ValueError, FloatingPointError, RuntimeError
            As `gradients`.
        """
        return (self._own_loops or self._needs_own_loops()).backward(x, output_gradient, inputs)

    def jacobian(self, x: Any) -> Any:
        """The derivatives of each output with respect to each input, with layers as in prediction.

        Parameters
        ----------
        x : as in `fit`

        Returns
        -------
        ndarray, shape (samples, *output_shape, *input_shape)
            Number ``[n, i, j]`` is that of output i of sample n with respect to its input j. For several inputs, a list
            of these, None where an input is one of categories; for several outputs, a list of what one of them has.

        Raises
        ------
        TypeError, ValueError
            As `predict`.
        FloatingPointError
            When a derivative is not finite.

        Examples
        --------
        >>> import fastnn, numpy as np
        >>> model = fastnn.Sequential([fastnn.Input((2,)), fastnn.Dense(1, use_bias=False)], dtype="float64")
        >>> model.set_weights([np.array([[3.0], [-2.0]])])
        >>> model.jacobian(np.array([[0.5, 1.0]])).tolist()
        [[[3.0, -2.0]]]
        """
        from fastnn.models.derivatives import jacobian

        return jacobian(self, x)

    def apply_gradients(self, gradients: Gradients | NDArray[Any]) -> None:
        """Do one step of the optimiser by gradients, with its state, rate, clipping, decay and constraints.

        Parameters
        ----------
        gradients : Gradients or ndarray, shape of ``model.parameters``
            Of `gradients`, of `backward`, or any sum of their vectors.

        Raises
        ------
        TypeError, ValueError, RuntimeError
            When they do not fit, or the model is not compiled; nothing has changed then.
        FloatingPointError
            When weights would not be finite; they are then as before, and the optimiser starts anew.
        """
        (self._own_loops or self._needs_own_loops()).apply(gradients)

    def _needs_own_loops(self) -> OwnLoops:
        if self._own_loops is None:
            from fastnn.models.own_loops import OwnLoops

            self._own_loops = OwnLoops(self)
        return self._own_loops
