"""Compiled kernels and the training engine of fastnn: arrays, shapes and scalars, no layer classes.

Other Cython code cimports `runtime.dispatch.kernels_named`, which gives the table of the kernels of an instruction set
and number type (`runtime.kernels.Kernels`): C functions on whole arrays, free of the GIL. `get_include`: the headers.
"""

import os

from fastnn_ext.runtime.config import build_config

__all__ = ["build_config", "get_include"]


def get_include() -> str:
    """The folder of the C headers that ``.pxd`` files name, for ``include_dirs`` of an extension that cimports them.

    >>> os.path.exists(os.path.join(get_include(), "runtime", "barrier.h"))
    True
    """
    # Not by pathlib, whose import would take a quarter of the package's.
    return os.path.dirname(os.path.abspath(__file__))
