"""Layers that tables of layers over any numbers leave out; each has tests of its own."""

# They take categories, and nothing else.
OF_CATEGORIES = {"CategoryEncoding", "Embedding", "IntegerLookup", "StringLookup"}
# Nor are these in the random models that go through exporters.
NOT_IN_RANDOM_MODELS = OF_CATEGORIES | {"PReLU", "Permute", "RMSNormalization", "UnitNormalization"}
