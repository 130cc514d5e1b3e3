"""Names: those that users give to models and layers, and those of optimisers, losses, activations and the like."""

import re
from collections.abc import Iterable

__all__ = ["nearest_name", "non_empty_name", "snake_case", "unknown_name"]


def snake_case(kind: str) -> str:
    """The name of a class as that of a layer, by Keras' rule: its files have layers by these names.

    >>> snake_case("BatchNormalization"), snake_case("PReLU"), snake_case("RMSNormalization")
    ('batch_normalization', 'p_re_lu', 'rms_normalization')
    """
    words = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", kind)
    return re.sub("([a-z])([A-Z])", r"\1_\2", words).lower()


def nearest_name(name: str, known: Iterable[str], *, surely: bool = False) -> str | None:
    """The known name that was probably meant, by its letters, its initials or one of its words; None if there is none.

    ``surely`` accepts a close match of letters or of initials only.

    >>> nearest_name("momentun", ["learning_rate", "momentum"]), nearest_name("lr", ["learning_rate", "momentum"])
    ('momentum', 'learning_rate')
    >>> nearest_name("adma", ["adamax", "adam"])
    'adam'
    """
    import difflib  # not at import: only a misspelt name needs it

    names, wanted = list(known), name.lower()
    # Two letters that changed their places are the likeliest slip, also where another name has more letters in order.
    for candidate in names:
        if sorted(candidate) == sorted(wanted):
            return candidate
    close = difflib.get_close_matches(wanted, names, n=1, cutoff=0.8 if surely else 0.6)
    if close:
        return close[0]
    for candidate in names:
        words = candidate.split("_")
        initials = "".join(word[:1] for word in words)
        if len(words) > 1 and (wanted == initials or (wanted in words and not surely)):
            return candidate
    return None


def unknown_name(what: str, name: str, known: Iterable[str], otherwise: str) -> ValueError:
    """The error for a name that is not known: it lists those that are, and the nearest.

    >>> raise unknown_name("activation", "rleu", ["relu", "tanh"], "a pair of functions")
    Traceback (most recent call last):
    ValueError: activation 'rleu' is unknown; did you mean 'relu'? Expected one of relu, tanh, or a pair of functions.
    """
    names = list(known)
    nearest = nearest_name(name, names)
    hint = f"; did you mean {nearest!r}?" if nearest else "."
    return ValueError(f"{what} {name!r} is unknown{hint} Expected one of {', '.join(names)}, or {otherwise}.")


def non_empty_name(value: object, name: str) -> str:
    """``value`` as the name of a model or a layer: a string that is not empty.

    >>> non_empty_name("", "name")
    Traceback (most recent call last):
    TypeError: name must be a string that is not empty, but it is ''
    """
    if not isinstance(value, str) or not value:
        raise TypeError(f"{name} must be a string that is not empty, but it is {value!r}")
    return value
