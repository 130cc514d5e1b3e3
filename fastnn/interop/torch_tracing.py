"""Traces of PyTorch's modules: the nodes of a forward as it is in ``eval``, changes in place among them."""

from __future__ import annotations

import copy
import operator
from typing import Any

__all__ = ["traced_nodes"]


def traced_nodes(module: Any, torch: Any) -> list[Any]:
    """The nodes of a module's forward by ``torch.fx``, as it is in prediction; the module stays as it is.

    Raises
    ------
    ValueError
        For a forward that cannot be traced, or a module that cannot be copied.
    """
    try:
        # Without its numbers: a forward that counts its calls, say, does so in the copy.
        shown = copy.deepcopy(module, {id(one): one for one in module.parameters()})
    except Exception as error:  # whatever the user's own code raises
        raise ValueError(f"{type(module).__name__} cannot be copied to be traced: {error}") from error
    # Not by .eval(), which a class may have made its own.
    for one in shown.modules():
        one.training = False
    try:
        return list(_tracer(torch).trace(shown).nodes)
    except Exception as error:  # whatever the user's own code raises for what it is given
        raise ValueError(
            f"the forward of {type(module).__name__} cannot be traced by torch.fx, as it depends on numbers: {error}"
        ) from error


def _tracer(torch: Any) -> Any:
    """A tracer for which ``x += y`` is a node of its own; to ``torch.fx`` it is a sum, and x what it was."""

    def in_place(function: Any) -> Any:
        return lambda value, other: value.tracer.create_proxy("call_function", function, (value, other), {})

    changes = {f"__{one.__name__}__": in_place(one) for one in (operator.iadd, operator.isub, operator.imul)}
    changes |= {f"__{name}__": in_place(getattr(operator, name)) for name in ("itruediv", "ipow", "imatmul", "imod")}
    proxy = type("Proxy", (torch.fx.Proxy,), changes)
    return type("Tracer", (torch.fx.Tracer,), {"proxy": lambda tracer, node: proxy(node, tracer)})()
