"""Compiled kernels and the training engine of fastnn: arrays, shapes and scalars, no layer classes.

Each module pairs a ``.pxd`` (the formulas, importable by other Cython code, free of the GIL) with a ``.pyx`` (the
doors: functions that check NumPy arrays and call the formulas).
"""

from fastnn_ext.config import build_config

__all__ = ["build_config"]
