"""Layers that tables of layers over any numbers leave out; each has tests of its own."""

# They take categories, and nothing else.
OF_CATEGORIES = {"CategoryEncoding", "Embedding", "IntegerLookup", "StringLookup"}
