"""The kernels for x86-64 processors with AVX2 and FMA."""

include "kernels.pxi"
