"""A figure that Jupyter shows once, also where a cell ends with it.

Below a cell, Jupyter shows what the cell's last line is worth, and then every open figure: a figure that a function
returns would be there twice. This module imports matplotlib, so that it is imported where a figure is made.
"""

import io
import sys
from typing import Any

import matplotlib
from matplotlib import pyplot
from matplotlib.figure import Figure

__all__ = ["ShownOnce"]


class ShownOnce(Figure):
    """A figure that is no longer open for pyplot when Jupyter has shown it."""

    def _ipython_display_(self) -> None:
        # What IPython calls in place of its own display, for the last line of a cell and for what is open at its end.
        if "inline" not in str(matplotlib.get_backend()):
            raise NotImplementedError("this display has windows of its own")
        pyplot.close(self)
        shell: Any = sys.modules["IPython"].get_ipython()
        shell.display_pub.publish(data=_pictures(self, shell))


def _pictures(figure: Figure, shell: Any) -> dict[str, Any]:
    """The figure in the formats that the user has chosen, else as PNG; and as text."""
    found: dict[str, Any] = {"text/plain": repr(figure)}
    for mime, formatter in shell.display_formatter.formatters.items():
        picture = formatter(figure) if mime.startswith("image/") else None
        if picture is not None:
            # With what to say of it, such as its size, or without.
            found[mime] = picture[0] if isinstance(picture, tuple) else picture
    if len(found) == 1:
        file = io.BytesIO()
        figure.savefig(file, format="png")
        found["image/png"] = file.getvalue()
    return found
