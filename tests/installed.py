"""Which packages are there: folders of these tests have names of some, and look like packages without files."""

import importlib.util


def is_installed(name):
    """Whether Python finds a package of this name that is more than a folder."""
    spec = importlib.util.find_spec(name)
    return spec is not None and spec.origin is not None
