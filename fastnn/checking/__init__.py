"""Argument checking: the one place that decides whether what a user passes, or assigns, can be used.

A check takes a value and the name of its argument. It returns the value in a form that is safe to compute with, or
raises an error that says what came, what was expected and what to do.
"""
