"""Names that users write for optimisers, losses, activations and the like, and what to say of one that is unknown."""

from collections.abc import Iterable

__all__ = ["unknown_name"]


def unknown_name(what: str, name: str, known: Iterable[str], otherwise: str) -> ValueError:
    """The error for a name that is not known: it lists those that are, and the nearest.

    >>> raise unknown_name("activation", "rleu", ["relu", "tanh"], "a pair of functions")
    Traceback (most recent call last):
    ValueError: activation 'rleu' is unknown; did you mean 'relu'? Expected one of relu, tanh, or a pair of functions.
    """
    import difflib  # not at import: only a misspelt name needs it

    names = list(known)
    nearest = difflib.get_close_matches(name.lower(), names, n=1)
    hint = f"; did you mean {nearest[0]!r}?" if nearest else "."
    return ValueError(f"{what} {name!r} is unknown{hint} Expected one of {', '.join(names)}, or {otherwise}.")
