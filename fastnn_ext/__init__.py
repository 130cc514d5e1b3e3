"""Compiled kernels and the training engine of fastnn: arrays, shapes and scalars, no layer classes.

Other Cython code cimports `runtime.dispatch.kernels_named`, which gives the table of the kernels of an instruction set
and number type (`runtime.kernels.Kernels`): C functions on whole arrays, free of the GIL. `get_include`: the headers.
"""

from pathlib import Path

from fastnn_ext.runtime.config import build_config

__all__ = ["build_config", "get_include"]


def get_include() -> str:
    """The folder of the C headers that ``.pxd`` files name, for ``include_dirs`` of an extension that cimports them.

    >>> (Path(get_include()) / "runtime" / "barrier.h").exists()
    True
    """
    return str(Path(__file__).parent)
