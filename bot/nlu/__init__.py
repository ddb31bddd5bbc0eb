"""Natural language understanding: dates, times, names and acts in a person's message.

`pipeline.understand` is pure: tokens in, spans out, always with the same result. `to_json` displays
it.
"""
