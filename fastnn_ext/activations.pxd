# The activations by number, as a plan and the kernels know them: expanded from tables/activations.def.
include "tables/activations.pxi"
