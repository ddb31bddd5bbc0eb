"""The slot picker: the question for a start time, its options, and the reading of answers."""
