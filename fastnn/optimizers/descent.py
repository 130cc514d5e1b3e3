"""Pickles of earlier versions look here for optimisers, each of which is in a file of its own now."""

from fastnn.optimizers import __getattr__ as __getattr__
