"""The kernels for the vectors that every 64-bit processor of its kind has: SSE2 on x86-64, NEON on aarch64, in float32."""

include "loops/kernels.pxi"
