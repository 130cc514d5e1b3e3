"""Pickles of earlier versions look here for losses, each of which is in a file of its own now."""

from fastnn.losses import __getattr__ as __getattr__
