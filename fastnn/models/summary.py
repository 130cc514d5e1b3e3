"""The summary of a model: a table of its layers with their shapes and numbers of parameters."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastnn.models.sequential import Sequential

__all__ = ["summary_of"]

_HEADER = ("layer (type)", "output shape", "parameters", "activation")


def summary_of(model: "Sequential") -> str:
    """The table as text; shapes are those of a batch, whose size is None.

    Examples
    --------
    >>> from fastnn.layers import Dense, Input
    >>> from fastnn.models import Sequential
    >>> print(summary_of(Sequential([Input((2,)), Dense(3, "relu"), Dense(1)], name="small")))
    model: small
    layer (type)     output shape  parameters  activation
    ---------------  ------------  ----------  ----------
    dense (Dense)    (None, 3)              9        relu
    dense_1 (Dense)  (None, 1)              4      linear
    <BLANKLINE>
    parameters: 13 (52 B), of which 13 are trained
    """
    rows = [_HEADER]
    for layer in model.layers:
        shape = "not built" if layer.output_shape is None else str((None, *layer.output_shape))
        applied = getattr(layer, "activation", None) or getattr(layer, "applied", None)
        count = f"{layer.count_params():,}" if layer.output_shape is not None else "not built"
        rows.append((f"{layer.name} ({type(layer).__name__})", shape, count, applied.name if applied else ""))
    widths = [max(len(row[i]) for row in rows) for i in range(len(_HEADER))]
    rows.insert(1, ("-" * widths[0], "-" * widths[1], "-" * widths[2], "-" * widths[3]))
    lines = [
        f"{row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]:>{widths[2]}}  {row[3]:>{widths[3]}}".rstrip()
        for row in rows
    ]
    if model.built:
        size = sum(layer.count_params() for layer in model.layers)
        kept = sum(layer.arrays[v.name].size for layer in model.layers for v in layer.variables() if not v.trainable)
        lines.append(
            f"\nparameters: {size:,} ({_bytes(size * model.dtype.itemsize)}), of which {size - kept:,} are trained"
        )
    else:
        lines.append("\nnot built: start with Input(shape), or call fit or build, for shapes and parameters")
    return "\n".join([f"model: {model.name}", *lines])


def _bytes(count: float) -> str:
    for unit in ("B", "KB", "MB", "GB"):
        if count < 1024 or unit == "GB":
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    raise AssertionError
