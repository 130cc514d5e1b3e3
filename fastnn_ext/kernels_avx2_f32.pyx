"""The kernels for x86-64 processors with AVX2 and FMA, in float32."""

include "loops/kernels.pxi"
