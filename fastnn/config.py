"""What this installation is made of: versions, compiler, and the kind of extension modules."""

import platform

import numpy

from fastnn.threads import get_num_threads
from fastnn_ext import build_config
from fastnn_ext.runtime.dispatch import active_isa, supported_isas


def show_config() -> dict[str, object]:
    """Versions and build settings, as a dictionary that prints well and goes into bug reports.

    Returns
    -------
    dict
        ``fastnn``, ``numpy``, ``python``, ``machine``, ``compiler``, ``limited_api``, ``isa`` (the instruction set in
        use: the best of ``supported_isas``, or what the environment variable FASTNN_ISA asked for at import) and
        ``threads``.

    Examples
    --------
    >>> sorted(show_config())
    ['compiler', 'fastnn', 'isa', 'limited_api', 'machine', 'numpy', 'python', 'supported_isas', 'threads']
    """
    from fastnn import __version__

    return {
        "fastnn": __version__,
        "numpy": numpy.__version__,
        "python": platform.python_version(),
        "machine": platform.machine(),
        **build_config(),
        "isa": active_isa(),
        "supported_isas": supported_isas(),
        "threads": get_num_threads(),
    }
