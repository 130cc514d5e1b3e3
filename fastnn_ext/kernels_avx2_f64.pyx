"""The kernels for x86-64 processors with AVX2 and FMA, in float64."""

include "loops/kernels.pxi"
