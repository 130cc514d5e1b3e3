"""Arrays that remember how they were computed, so that a function of a user's own has its gradient."""
