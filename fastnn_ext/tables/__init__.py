"""What there is, a row each: activations, losses, update rules."""
