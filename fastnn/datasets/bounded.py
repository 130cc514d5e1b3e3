"""A bounded read takes what a header promises from a stream, and no more memory than the stream bears out.

A header is four bytes that anybody can write, so a promise of gigabytes must not become an allocation.
"""

from typing import Protocol

_CHUNK = 1 << 20


class Readable(Protocol):
    """A file that bytes can be read from, packed or not."""

    def read(self, size: int, /) -> bytes: ...


def read_promised(stream: Readable, promised: int) -> bytearray:
    """The rest of ``stream``, which must be ``promised`` bytes; at most one byte more is read.

    Raises
    ------
    ValueError
        When there are fewer or more.

    Examples
    --------
    >>> import io
    >>> read_promised(io.BytesIO(b"abc"), 3)
    bytearray(b'abc')
    >>> read_promised(io.BytesIO(b"abc"), 4_000_000_000)
    Traceback (most recent call last):
    ...
    ValueError: it promises 4000000000 bytes of data, but holds only 3
    """
    content = bytearray()
    # One byte beyond the promise tells a stream that goes on; for gzip it also makes the checksum be read.
    while chunk := stream.read(min(_CHUNK, promised + 1 - len(content))):
        content += chunk
        if len(content) > promised:
            raise ValueError(f"it promises {promised} bytes of data, but holds more")
    if len(content) < promised:
        raise ValueError(f"it promises {promised} bytes of data, but holds only {len(content)}")
    return content
