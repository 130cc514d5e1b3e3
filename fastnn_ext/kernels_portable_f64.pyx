"""The kernels for plain C, which every processor runs: the form that the others are tested against, in float64."""

include "loops/kernels.pxi"
