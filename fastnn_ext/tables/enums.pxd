# What there is, by number, as a plan and the kernels know it: expanded from the tables of this folder.
include "activations.pxi"
include "losses.pxi"
include "rules.pxi"
include "operations.pxi"
