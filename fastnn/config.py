"""What this installation is made of: versions, compiler, and the kind of extension modules."""

import platform

import numpy

from fastnn_ext import build_config


def show_config() -> dict[str, object]:
    """Versions and build settings, as a dictionary that prints well and goes into bug reports.

    Returns
    -------
    dict
        ``fastnn``, ``numpy``, ``python``, ``machine``, ``compiler`` and ``limited_api``.

    Examples
    --------
    >>> sorted(show_config())
    ['compiler', 'fastnn', 'limited_api', 'machine', 'numpy', 'python']
    """
    from fastnn import __version__

    return {
        "fastnn": __version__,
        "numpy": numpy.__version__,
        "python": platform.python_version(),
        "machine": platform.machine(),
        **build_config(),
    }
