"""Understanding: a person's message to dates, times, names and acts.

`understand(text, setting)` is the whole of it: pure functions over tokens, no I/O, the same answer
every time. `as_json` shows the answer.
"""
