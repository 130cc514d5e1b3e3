"""A plugin of pytest that compiles the package as ``python -O`` does, and leaves the tests their own assertions.

``python -m pytest -p tests.optimized tests/models`` finds what works only because an assertion of the package has
stopped it, or done something on the way. Under ``python -O`` itself the tests would assert nothing.
"""

import importlib.abc
import importlib.machinery
import sys
import types

# As many as tests/test_optimized.py compares with what `python -O` makes.
LEVEL = 1


class Loader(importlib.machinery.SourceFileLoader):
    """Compiles without assertions, and neither reads nor writes compiled files, which have them."""

    def get_code(self, fullname: str) -> types.CodeType:
        code: types.CodeType = compile(self.get_data(self.path), self.path, "exec", dont_inherit=True, optimize=LEVEL)
        return code


class Finder(importlib.abc.MetaPathFinder):
    """Finds the package's modules as always, and gives them this loader."""

    def find_spec(self, fullname, path=None, target=None):
        if fullname.partition(".")[0] != "fastnn":
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and type(spec.loader) is importlib.machinery.SourceFileLoader:
            spec.loader = Loader(spec.loader.name, spec.loader.path)
        return spec


if any(name.partition(".")[0] == "fastnn" for name in sys.modules):
    raise RuntimeError("fastnn is imported already: give this plugin by -p tests.optimized, before all else")
sys.meta_path.insert(0, Finder())


def pytest_report_header():
    return "fastnn is compiled without its assertions, as by python -O"
