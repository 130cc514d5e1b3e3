"""L-BFGS: for small data and few parameters, where every step may look at all samples."""

from typing import Any, ClassVar, NoReturn

from fastnn.checking.scalars import whole_number
from fastnn.optimizers.base import Array, Optimizer
from fastnn.registry import Without
from fastnn_ext.tables.enums import UpdateRule

__all__ = ["LBFGS"]


class LBFGS(Optimizer):
    """Limited-memory BFGS on the whole data at once (Liu and Nocedal 1989), by SciPy's ``L-BFGS-B``.

    ``fit`` gives the optimiser all samples in every step: ``batch_size`` and ``shuffle`` are without effect, and an
    epoch is one iteration with its line search. Layers that draw at random (dropout, noise) and constraints are
    refused. Needs SciPy: ``pip install fastnn-ext[scipy]``.

    Parameters
    ----------
    history_size : int, default 10
        Past steps that the approximation remembers: as many vectors of the parameters' size, twice.
    tolerance_grad : float, default 1e-7
        Training ends early where no number of the gradient is larger.
    tolerance_change : float, default 1e-9
        It ends, too, where an iteration changes the loss by no more than this share of it.

    Examples
    --------
    >>> LBFGS(history_size=5).history_size
    5
    """

    aliases: ClassVar = ()
    engine: ClassVar = (UpdateRule.COLLECT,)
    keras: ClassVar = Without("Keras has none")
    torch: ClassVar = "LBFGS"
    convention: ClassVar = (
        "SciPy's; an epoch is an iteration over all data. For small data; not with dropout, noise or constraints"
    )

    _instead: ClassVar = {
        "learning_rate": "LBFGS has none, as its line search chooses the length of each step",
        "weight_decay": "LBFGS minimises the loss as it is: pass kernel_regularizer=L2(...) to the layers",
        **dict.fromkeys(
            ("clipnorm", "clipvalue", "global_clipnorm"), "LBFGS clips no gradients: its steps need them whole"
        ),
    }

    history_size: int
    tolerance_grad: float
    tolerance_change: float

    def __init__(self, history_size: int = 10, tolerance_grad: float = 1e-7, tolerance_change: float = 1e-9) -> None:
        super().__init__(1.0)
        self._keep(history_size=whole_number(history_size, "history_size", at_least=1))
        self._keep_checked(tolerance_grad=tolerance_grad, tolerance_change=tolerance_change)

    def configuration(self) -> dict[str, Any]:
        return {name: value for name, value in super().configuration().items() if name != "learning_rate"}

    def numbers(self) -> dict[str, Any]:
        # Each step is SciPy's: the engine computes the gradient.
        return {"optimizer": UpdateRule.COLLECT, "learning_rate": 0.0}

    def change(self, gradient: Array, rate: float, state: dict[str, Any], step: int) -> NoReturn:
        raise TypeError("the steps of LBFGS are SciPy's, whose line search computes gradients of its own")
