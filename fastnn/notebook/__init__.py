"""The notebook's API: its layer classes, its training loop and its prediction, with the names it teaches.

A network is a list of layers, or a `Network` to which they are added. Where all of them are the package's own, whole
epochs run in compiled code; a class of the reader's own with ``forward`` and ``backward`` takes part through the same
kernels, layer by layer.
"""
