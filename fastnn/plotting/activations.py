"""Activations and their derivatives, drawn over the range where they bend."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy

from fastnn.activations.registry import ACTIVATIONS
from fastnn.plotting.canvas import COLOURS, axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Pair = tuple[Callable[[Any], Any], Callable[[Any], Any]]
# The notebook's: more curves in one picture would hide each other.
_DRAWN = ("relu", "leaky_relu", "sigmoid", "tanh")


def plot_activations(
    functions: Sequence[str] | Mapping[str, Pair] = _DRAWN,
    *,
    limits: tuple[float, float] = (-4.0, 4.0),
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw activations as full lines and their derivatives dashed, in the same colour.

    Parameters
    ----------
    functions : names, or mapping of name to (function, derivative)
        Names are those of `fastnn.activations`; by default ``relu``, ``leaky_relu``, ``sigmoid`` and ``tanh``.
    limits : (float, float), default (-4, 4)
        Range of x.
    ax : matplotlib Axes, optional

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
    ax = axes(ax)
    x = numpy.linspace(*limits, 801)
    for index, (name, (function, derivative)) in enumerate(pairs.items()):
        colour = COLOURS[index % len(COLOURS)]
        # Later curves are thinner, so that one lying on another leaves both in sight.
        width = max(1.2, 3.4 - 0.8 * index)
        ax.plot(x, function(x), color=colour, linewidth=width, label=name)
        ax.plot(x, derivative(x), "--", color=colour, linewidth=width, label=f"{name}, derivative")
    ax.axhline(0, color="grey", linewidth=0.8)
    ax.axvline(0, color="grey", linewidth=0.8)
    ax.set_xlabel("x")
    # Saturating functions stay readable beside one that grows with x.
    ax.set_ylim(-1.5, 2.5)
    ax.legend(fontsize="small")
    ax.grid(alpha=0.3)
    return ax
