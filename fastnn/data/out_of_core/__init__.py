"""Data larger than memory: rows that lie in files, read a window at a time and ahead of what trains on them."""
