"""The kernels for x86-64 processors with AVX-512 (F, BW, DQ and VL), in float32."""

include "loops/kernels.pxi"
