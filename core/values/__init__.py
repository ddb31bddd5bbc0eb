"""Small values and their validation, without I/O."""
