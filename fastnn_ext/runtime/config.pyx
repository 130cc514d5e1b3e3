"""How this copy of the compiled package was built, and by which numbers it splits work."""

import importlib

cdef extern from *:
    """
    #if defined(__clang__)
    #define FASTNN_COMPILER "Clang " __clang_version__
    #elif defined(__GNUC__)
    #define FASTNN_COMPILER "GCC " __VERSION__
    #elif defined(_MSC_VER)
    #define FASTNN_COMPILER "Visual C++"
    #else
    #define FASTNN_COMPILER "unknown"
    #endif
    #ifdef Py_LIMITED_API
    #define FASTNN_LIMITED 1
    #else
    #define FASTNN_LIMITED 0
    #endif
    """
    const char* FASTNN_COMPILER
    int FASTNN_LIMITED


def build_config():
    """A dictionary: ``compiler`` (name and version) and ``limited_api`` (whether one wheel serves every Python).

    >>> sorted(build_config())
    ['compiler', 'limited_api']
    """
    return {"compiler": FASTNN_COMPILER.decode("ascii"), "limited_api": bool(FASTNN_LIMITED)}


def layout(isa=None):
    """The numbers at which kernels change their way: tests take their sizes from here, one below, at and above each.

    A dictionary of three: ``kernels``, of the instruction set ``isa`` (None is the one in use; of two numbers the first
    is for float32), ``prediction`` and ``training``. The names are those of the constants in the source, where each has
    its reason beside it. They may change with any version.

    >>> sorted(layout())
    ['kernels', 'prediction', 'training']
    >>> layout("portable")["kernels"]["LANES"]
    (1, 1)
    """
    # Here, since the package itself imports this module, and should not bring in all others.
    from fastnn_ext.engine import plan, training
    from fastnn_ext.runtime import dispatch
    name = dispatch.active_isa() if isa is None else isa
    if name not in dispatch.supported_isas():
        raise ValueError(f"isa must be one of {', '.join(dispatch.supported_isas())} on this processor, "
                         f"but it is {name!r}")
    modules = [importlib.import_module(f"fastnn_ext.kernels_{name}_{numbers}") for numbers in ("f32", "f64")]
    single, double = [module.constants() for module in modules]
    return {
        "kernels": single | {key: (single[key], double[key]) for key in ("LANES", "PANEL")},
        "prediction": plan.constants(),
        "training": training.constants(),
    }
