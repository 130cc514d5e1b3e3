"""Single kernels as functions of arrays: each checks its arrays and calls one kernel of the active instruction set."""
