"""The choice of an instruction set: the best that the processor runs, with a module of kernels for each number type."""

import importlib
import os
import warnings

cimport numpy as cnp
from cpython.pycapsule cimport PyCapsule_GetPointer

cdef extern from *:
    """
    /* The build says which modules of kernels there are beside the portable ones. */
    #ifndef FASTNN_BUILT_BASELINE
    #define FASTNN_BUILT_BASELINE 0
    #endif
    #ifndef FASTNN_BUILT_AVX2
    #define FASTNN_BUILT_AVX2 0
    #endif
    #ifndef FASTNN_BUILT_AVX512
    #define FASTNN_BUILT_AVX512 0
    #endif
    """
    bint FASTNN_BUILT_BASELINE
    bint FASTNN_BUILT_AVX2
    bint FASTNN_BUILT_AVX512

cdef extern from "runtime/processor.h":
    bint fastnn_runs_avx2()
    bint fastnn_runs_avx512()

# What this build has, best first; the portable form is for comparison, and for compilers without vectors.
ISAS = tuple([
    name
    for name, built in (
        ("avx512", FASTNN_BUILT_AVX512), ("avx2", FASTNN_BUILT_AVX2), ("baseline", FASTNN_BUILT_BASELINE),
        ("portable", True),
    )
    if built
])

# Asked once: a virtual machine's processor takes microseconds for each of a dozen answers.
cdef dict _runs = {"avx512": fastnn_runs_avx512(), "avx2": fastnn_runs_avx2()}
cdef tuple _supported = tuple([name for name in ISAS if _runs.get(name, True)])

cdef dict loaded = {}
# The tables in use, once they are needed: float32's and float64's.
cdef const Kernels* active[2]
active[0] = active[1] = NULL


def supported_isas():
    """The instruction sets that this processor runs and this build has, best first.

    >>> supported_isas()[-1]
    'portable'
    """
    return _supported


cdef const Kernels* kernels_named(object name, bint is_double) except NULL:
    # The table of an instruction set, for float64 or float32; None means the set in use.
    if name is None:
        name = _active
    if name not in ISAS:
        raise ValueError(f"the instruction set must be one of {', '.join(ISAS)}, but it is {name!r}")
    if name not in supported_isas():
        raise ValueError(f"this processor does not run {name}: choose one of {', '.join(supported_isas())}")
    module = f"fastnn_ext.kernels_{name}_{'f64' if is_double else 'f32'}"
    if module not in loaded:
        loaded[module] = importlib.import_module(module).table()
    return <const Kernels*> PyCapsule_GetPointer(loaded[module], "fastnn_ext.kernels")


cdef const Kernels* kernels_of(cnp.ndarray array) except NULL:
    # The table in use for an array's type, float64 or else float32.
    cdef bint is_double = cnp.PyArray_TYPE(array) == cnp.NPY_DOUBLE
    if active[is_double] == NULL:
        active[is_double] = kernels_named(None, is_double)
    return active[is_double]


cdef const Kernels* kernels_for_samples(const Kernels* kernels) except NULL:
    # Those that train one sample at a time with weights as they lie: in 64-byte vectors, rows of narrow weights lie
    # across two cache lines each, which costs a fifth for 20 units a layer and gains little for more.
    if kernels.name == b"avx512" and "avx2" in ISAS:
        return kernels_named("avx2", kernels.is_double)
    return kernels


def choose_isa(wanted):
    """The instruction set that ``wanted``, the value of FASTNN_ISA, stands for; None or "" is the best that works.

    Raises ValueError for an unknown or unsupported name. Where the best module cannot be loaded, a RuntimeWarning says
    so and the next best is taken.

    >>> choose_isa("portable")
    'portable'
    """
    if wanted:
        if wanted not in supported_isas():
            raise ValueError(f"FASTNN_ISA must be one of {', '.join(supported_isas())} on this processor, "
                             f"but it is {wanted!r}: change it, or unset it for the best")
        kernels_named(wanted, False)
        return wanted
    for name in supported_isas():
        try:
            kernels_named(name, False)
        except ImportError as error:
            warnings.warn(f"fastnn's kernels for {name} could not be loaded, slower ones are used: {error}",
                          RuntimeWarning, stacklevel=2)
            continue
        return name
    raise ImportError("none of fastnn's kernel modules could be loaded: reinstall the package")


cdef str _active = choose_isa(os.environ.get("FASTNN_ISA"))


def active_isa():
    """The instruction set in use.

    >>> active_isa() in supported_isas()
    True
    """
    return _active
