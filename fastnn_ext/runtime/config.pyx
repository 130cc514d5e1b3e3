"""How this copy of the compiled package was built."""

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
