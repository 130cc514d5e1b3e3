"""Callbacks: who is told how training goes, and may act on it. Names and arguments are Keras'."""

from fastnn.callbacks.base import Callback

__all__ = ["Callback"]
