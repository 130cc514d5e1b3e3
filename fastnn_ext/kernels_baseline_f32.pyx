"""The kernels for the vectors that all 64-bit processors have: SSE2 on x86-64, NEON on aarch64, in float32."""

include "loops/kernels.pxi"
