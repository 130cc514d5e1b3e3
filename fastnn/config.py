"""What this installation is made of: versions, compiler, and the kind of extension modules."""

import importlib.metadata
import platform
import warnings

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

    Warns
    -----
    RuntimeWarning
        Where another project's distribution ``fastnn`` is installed beside this one, which is called ``fastnn-ext``:
        both have a folder ``fastnn``, and the one that was installed last has overwritten files of the other.

    Examples
    --------
    >>> sorted(show_config())
    ['compiler', 'fastnn', 'isa', 'limited_api', 'machine', 'numpy', 'python', 'supported_isas', 'threads']
    """
    from fastnn import __version__

    warn_of_other_project(stacklevel=3)
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


def warn_of_other_project(stacklevel: int) -> None:
    """Warn where another project's distribution of this name is installed beside this one."""
    try:
        other = importlib.metadata.version("fastnn")
    except importlib.metadata.PackageNotFoundError:
        return
    warnings.warn(
        f"the distribution fastnn {other}, which is another project's, is installed beside fastnn-ext and shares "
        "its folder: pip uninstall fastnn fastnn-ext, then pip install fastnn-ext",
        RuntimeWarning,
        stacklevel=stacklevel,
    )
