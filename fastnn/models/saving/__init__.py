"""Saving and loading a model, with its optimiser, history and callbacks. Formats are in `fastnn.files`."""
