"""Data as users have them: arrays, data frames, sparse matrices, and tensors of other libraries."""
