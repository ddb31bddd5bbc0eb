"""Small values and the checks they must pass: pure, no I/O."""
