"""How many threads fastnn computes with, and how threadpoolctl learns of them.

The pool of threads is fastnn's own: NumPy's BLAS and other libraries have theirs, with settings of their own.
"""

import functools
import importlib
import os
from typing import Any, SupportsIndex

from fastnn_ext.runtime import pool

__all__ = ["get_num_threads", "register_with_threadpoolctl", "set_num_threads"]


def set_num_threads(num_threads: SupportsIndex) -> None:
    """Set how many threads one call of fastnn may use.

    It holds for the whole process, from the next call on; one that is running keeps its threads. Threads are started
    when they are first needed, and sleep when they are no longer needed.

    Parameters
    ----------
    num_threads : int
        From 1 to 1024, the calling thread included. At import it is the environment variable ``FASTNN_NUM_THREADS``, or
        else the number of cores that the process may use: by its affinity, and by its container's quota, rounded up.

    Raises
    ------
    TypeError
        If `num_threads` is not an integer.
    ValueError
        If `num_threads` is below 1 or above 1024.

    Examples
    --------
    >>> from fastnn.threads import get_num_threads, set_num_threads
    >>> before = get_num_threads()
    >>> set_num_threads(1)
    >>> get_num_threads()
    1
    >>> set_num_threads(before)
    """
    pool.set_num_threads(num_threads)


def get_num_threads() -> int:
    """Return how many threads one call of fastnn may use.

    Returns
    -------
    int
        From 1 to 1024, the calling thread included. A call uses fewer where its work is too small to share, and one
        where another thread's call has the pool.

    Examples
    --------
    >>> from fastnn.threads import get_num_threads
    >>> 1 <= get_num_threads() <= 1024
    True
    """
    return pool.get_num_threads()


@functools.cache
def register_with_threadpoolctl() -> None:
    """Make fastnn's threads known to threadpoolctl, under the ``user_api`` and ``internal_api`` "fastnn".

    Its ``threadpool_limits`` then limits them, and its ``threadpool_info`` lists them. Calling this again changes
    nothing.

    Raises
    ------
    ImportError
        If threadpoolctl is not installed.

    Examples
    --------
    >>> import pytest
    >>> threadpoolctl = pytest.importorskip("threadpoolctl")
    >>> from fastnn.threads import get_num_threads, register_with_threadpoolctl
    >>> register_with_threadpoolctl()
    >>> with threadpoolctl.threadpool_limits(1, user_api="fastnn"):
    ...     get_num_threads()
    1
    """
    try:
        threadpoolctl = importlib.import_module("threadpoolctl")
    except ImportError as error:
        raise ImportError(
            "threadpoolctl cannot be imported; install it with `pip install threadpoolctl`, "
            "or use fastnn.threads.set_num_threads, which needs nothing."
        ) from error

    class FastnnController(threadpoolctl.LibController):  # type: ignore[misc, name-defined]
        """Reads and sets the number of threads through the functions that the pool's library exports."""

        user_api = "fastnn"
        internal_api = "fastnn"
        # The whole name of the file, since other packages have a module called pool too; in lower case, as it compares.
        filename_prefixes = (os.path.basename(os.path.realpath(pool.__file__)).lower(),)
        check_symbols = ("fastnn_pool_get_num_threads", "fastnn_pool_set_num_threads")

        def get_num_threads(self) -> Any:
            return self.dynlib.fastnn_pool_get_num_threads()

        def set_num_threads(self, num_threads: int) -> None:
            self.dynlib.fastnn_pool_set_num_threads(num_threads)

        def get_version(self) -> str:
            from fastnn import __version__

            return __version__

    threadpoolctl.register(FastnnController)
