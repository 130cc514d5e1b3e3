"""Saving: a model in one file, with its optimiser, history and callbacks, and back. Formats are in `fastnn.files`."""
