"""Understanding: from a person's message to dates, times, names and acts.

`pipeline.understand` is pure: tokens in, spans out, the same answer every time. `to_json` shows it.
"""
