"""FarmHash's 64-bit fingerprint of bytes, which never changes: by it TensorFlow and Keras put strings in bins.

All numbers are unsigned and of 64 bits; sums and products are taken modulo 2**64.
"""

from typing import Final

__all__ = ["fingerprint"]

_MASK: Final = (1 << 64) - 1
_K0: Final = 0xC3A5C85C97CB3127
_K1: Final = 0xB492B66FBE98F273
_K2: Final = 0x9AE16A3B2F90404F
# Longer ones are read in blocks of as many bytes.
_BLOCK: Final = 64


def fingerprint(data: bytes) -> int:
    """The fingerprint of bytes, from 0 to 2**64 - 1.

    Examples
    --------
    >>> fingerprint(b""), fingerprint(b"Hello") % 3
    (11160318154034397263, 0)
    """
    size = len(data)
    if size > _BLOCK:
        return _long(data)
    if size > 32:
        return _up_to_64(data)
    if size > 16:
        return _up_to_32(data)
    return _up_to_16(data)


def _word(data: bytes, at: int, size: int = 8) -> int:
    return int.from_bytes(data[at : at + size], "little")


def _turned(value: int, by: int) -> int:
    """Bits moved down, those that fall out at the end coming in at the top."""
    value &= _MASK
    return (value >> by | value << (64 - by)) & _MASK


def _mixed(value: int) -> int:
    return value ^ value >> 47


def _joined(one: int, other: int, factor: int) -> int:
    """One word of two."""
    first = _mixed(((one ^ other) & _MASK) * factor & _MASK)
    second = _mixed(((other & _MASK) ^ first) * factor & _MASK)
    return second * factor & _MASK


def _up_to_16(data: bytes) -> int:
    size = len(data)
    if size >= 8:
        factor = _K2 + 2 * size
        a, b = _word(data, 0) + _K2 & _MASK, _word(data, size - 8)
        return _joined(_turned(b, 37) * factor + a, (_turned(a, 25) + b) * factor, factor & _MASK)
    if size >= 4:
        return _joined(size + (_word(data, 0, 4) << 3), _word(data, size - 4, 4), _K2 + 2 * size & _MASK)
    if size:
        y, z = data[0] + (data[size >> 1] << 8), size + (data[-1] << 2)
        return _mixed((y * _K2 ^ z * _K0) & _MASK) * _K2 & _MASK
    return _K2


def _up_to_32(data: bytes) -> int:
    size = len(data)
    factor = _K2 + 2 * size & _MASK
    a, b = _word(data, 0) * _K1, _word(data, 8)
    c, d = _word(data, size - 8) * factor, _word(data, size - 16) * _K2
    return _joined(_turned(a + b, 43) + _turned(c, 30) + d, a + _turned(b + _K2, 18) + c, factor)


def _up_to_64(data: bytes) -> int:
    size = len(data)
    factor = _K2 + 2 * size & _MASK
    a, b = _word(data, 0) * _K2, _word(data, 8)
    c, d = _word(data, size - 8) * factor, _word(data, size - 16) * _K2
    y = _turned(a + b, 43) + _turned(c, 30) + d
    z = _joined(y, a + _turned(b + _K2, 18) + c, factor)
    e, f = _word(data, 16) * factor, _word(data, 24)
    g, h = (y + _word(data, size - 32)) * factor, (z + _word(data, size - 24)) * factor
    return _joined(_turned(e + f, 43) + _turned(g, 30) + h, e + _turned(f + a, 18) + g, factor)


def _of_half(data: bytes, at: int, a: int, b: int) -> tuple[int, int]:
    """Two words of the 32 bytes from ``at`` on and two seeds."""
    w, x, y, z = (_word(data, at + place) for place in (0, 8, 16, 24))
    a += w
    b = _turned(b + a + z, 21)
    c = a
    a += x + y
    return a + z & _MASK, b + _turned(a, 44) + c & _MASK


def _long(data: bytes) -> int:
    size = len(data)
    x, y = 81, 81 * _K1 + 113 & _MASK
    z = _mixed(y * _K2 + 113 & _MASK) * _K2 & _MASK
    v, w = (0, 0), (0, 0)
    x = x * _K2 + _word(data, 0)
    # All blocks but the last, which is the last 64 bytes, whichever of them were read before.
    for at in range(0, (size - 1) // _BLOCK * _BLOCK, _BLOCK):
        x, y, z, v, w = _block(data, at, (x, y, z, v, w), _K1, 1)
    factor = _K1 + ((z & 0xFF) << 1)
    w = w[0] + ((size - 1) & 63), w[1]
    v = v[0] + w[0], v[1]
    w = w[0] + v[0], w[1]
    x, y, z, v, w = _block(data, size - _BLOCK, (x, y, z, v, w), factor, 9)
    return _joined(_joined(v[0], w[0], factor) + _mixed(y & _MASK) * _K0 + z, _joined(v[1], w[1], factor) + x, factor)


State = tuple[int, int, int, tuple[int, int], tuple[int, int]]


def _block(data: bytes, at: int, state: State, factor: int, times: int) -> State:
    """The five numbers of the state behind a block; in the last one, some terms come several times."""
    x, y, z, v, w = state
    x = _turned(x + y + v[0] + _word(data, at + 8), 37) * factor & _MASK
    y = _turned(y + v[1] + _word(data, at + 48), 42) * factor & _MASK
    x ^= w[1] * times & _MASK
    y = y + v[0] * times + _word(data, at + 40) & _MASK
    z = _turned(z + w[0], 33) * factor & _MASK
    v = _of_half(data, at, v[1] * factor, x + w[0])
    w = _of_half(data, at + 32, z + w[1], y + _word(data, at + 16))
    return z, y, x, v, w
