"""Whole networks: plans of operations, trainings, and rows of sparse matrices."""
