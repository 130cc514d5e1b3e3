"""Generators of random numbers as plain values, and back: NumPy itself does not check such values."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["generator_state", "restored_generator"]

_KINDS = ("PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64")
# Numbers below; those in arrays have 64 bits.
_LIMITS = {"state": 1 << 128, "inc": 1 << 128, "has_uint32": 2, "uinteger": 1 << 32, "pos": 625, "buffer_pos": 5}


def generator_state(rng: np.random.Generator) -> dict[str, Any]:
    """The state of a generator, as plain values.

    Raises
    ------
    TypeError
        For a kind that is none of NumPy's own.

    Examples
    --------
    >>> generator_state(np.random.default_rng(0))["bit_generator"]
    'PCG64'
    """
    bits = rng.bit_generator
    if type(bits) is not getattr(np.random, type(bits).__name__, None) or type(bits).__name__ not in _KINDS:
        raise TypeError(
            f"a model's file can hold a generator of random numbers that is one of {', '.join(_KINDS)}, but this is a "
            f"{type(bits).__name__}: make the model with seed=1, say"
        )
    return dict(bits.state)


def restored_generator(state: Any) -> np.random.Generator:
    """A generator with this state.

    Parameters
    ----------
    state : dict
        What `generator_state` gave, with lists for arrays.

    Raises
    ------
    ValueError
        For a state that no generator has.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> restored_generator(generator_state(rng)).random() == rng.random()
    True
    """
    kind = state.get("bit_generator") if isinstance(state, dict) else None
    if kind not in _KINDS:
        raise ValueError(f"its generator of random numbers is a {kind!r}, which is none of {', '.join(_KINDS)}")
    bits = getattr(np.random, kind)(0)
    bits.state = _like(bits.state, state, "state")
    # Such generators give the same number for ever, and who draws until another one comes never ends.
    if kind.startswith("PCG64") and bits.state["state"]["inc"] % 2 == 0:
        raise ValueError("its generator of random numbers has an even increment")
    if kind == "MT19937" and not bits.state["state"]["key"].any():
        raise ValueError("its generator of random numbers has a key of zeros")
    return np.random.Generator(bits)


def _like(pattern: Any, value: Any, name: str) -> Any:
    """``value`` with arrays where ``pattern`` has them, and of all the same shapes."""
    if isinstance(pattern, dict):
        if not isinstance(value, dict) or set(value) != set(pattern):
            raise ValueError(f"its generator of random numbers must have {', '.join(pattern)} in its {name}")
        return {key: _like(part, value[key], key) for key, part in pattern.items()}
    if isinstance(pattern, np.ndarray):
        numbers = value.tolist() if isinstance(value, np.ndarray) else value
        if not isinstance(numbers, list) or len(numbers) != pattern.size:
            raise ValueError(f"its generator of random numbers must have {pattern.size} numbers in its {name}")
        limit = np.iinfo(pattern.dtype).max + 1
        return np.array([_below(limit, number, name) for number in numbers], dtype=pattern.dtype)
    return value if isinstance(pattern, str) else _below(_LIMITS[name], value, name)


def _below(limit: int, value: Any, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < limit:
        raise ValueError(f"its generator of random numbers has {name}={value!r}")
    return value
