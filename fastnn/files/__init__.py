"""Files: how models and weights are written, read and checked."""
