"""Understanding: a person's message to dates, times, names and acts.

`understand(text, setting)` is the whole of it: pure functions over tokens, no I/O, the same answer
every time. `as_json` shows the answer.
"""

from bot.understanding.model import (
    Doubt,
    Match,
    Name,
    Names,
    Refused,
    Setting,
    Span,
    Understood,
)
from bot.understanding.reader import understand
from bot.understanding.report import as_json

__all__ = [
    "Doubt",
    "Match",
    "Name",
    "Names",
    "Refused",
    "Setting",
    "Span",
    "Understood",
    "as_json",
    "understand",
]
