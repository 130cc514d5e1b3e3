"""Activations and their derivatives, drawn over the range where they bend."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy

from fastnn.activations.registry import ACTIVATIONS
from fastnn.plotting.canvas import COLOURS, panels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Pair = tuple[Callable[[Any], Any], Callable[[Any], Any]]
# The notebook's.
_DRAWN = ("relu", "leaky_relu", "sigmoid", "tanh")


def plot_activations(
    functions: Sequence[str] | Mapping[str, Pair] = _DRAWN,
    *,
    limits: tuple[float, float] = (-4.0, 4.0),
    figure: "Figure | None" = None,
) -> "Figure":
    """Draw each activation as a full line and its derivative dashed, in Axes of its own.

    Parameters
    ----------
    functions : names, or mapping of name to (function, derivative)
        Names are those of `fastnn.activations`; by default ``relu``, ``leaky_relu``, ``sigmoid`` and ``tanh``.
    limits : (float, float), default (-4, 4)
        Range of x.
    figure : matplotlib Figure, optional
        An empty one to draw into.

    Returns
    -------
    matplotlib Figure
        Its Axes have the same limits, so that the curves can be compared.

    Raises
    ------
    ValueError
        For an unknown name, or limits that are not in ascending order.

    Examples
    --------
    >>> plot_activations(["geul"])
    Traceback (most recent call last):
    ...
    ValueError: functions has the unknown name 'geul': the built-in ones are relu, leaky_relu, sigmoid, tanh, elu, ...
    """
    if isinstance(functions, Mapping):
        pairs = dict(functions)
    else:
        built_in = {kind.name: kind.compiled for kind in ACTIVATIONS if kind.compiled is not None}
        for name in functions:
            if name not in built_in:
                known = ", ".join(built_in)
                raise ValueError(f"functions has the unknown name {name!r}: the built-in ones are {known}")
        pairs = {name: built_in[name] for name in functions}
    if not pairs:
        raise ValueError("functions must name at least one activation, but it is empty")
    if not (numpy.isfinite(limits).all() and limits[0] < limits[1]):
        raise ValueError(f"limits must be two finite numbers in ascending order, but they are {limits}")
    figure, places = panels(figure, len(pairs), (3.6, 2.9))
    x = numpy.linspace(*limits, 801)
    for (name, (function, derivative)), ax in zip(pairs.items(), places, strict=True):
        ax.axhline(0, color="grey", linewidth=0.8)
        ax.axvline(0, color="grey", linewidth=0.8)
        ax.plot(x, derivative(x), "--", color=COLOURS[1], linewidth=1.6, label="derivative")
        ax.plot(x, function(x), color=COLOURS[0], linewidth=2.2, label=name)
        ax.set_title(name, parse_math=False)
        ax.set_xlabel("x")
        ax.set_xlim(*limits)
        # Saturating functions stay readable beside one that grows with x.
        ax.set_ylim(-1.5, 2.5)
        ax.legend(fontsize="small", loc="upper left")
        ax.grid(alpha=0.3)
    return figure
