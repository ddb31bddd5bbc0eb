"""What is known of a person: shown to them whole, and forgotten when they ask.

`whose` says what belongs to a person, `telling` writes it out, `forgetting` does away with it.
"""
