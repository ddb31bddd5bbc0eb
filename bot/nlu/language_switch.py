"""Whether a message is surely in another language than its conversation."""

from __future__ import annotations

from bot.nlu.languages import LANGUAGES
from bot.nlu.tokenizer import tokenize


def clear_language(text: str, conversation: str) -> str:
    """Return the language a message is surely in if it is not the conversation's, else "".

    At least two more words have to be of that language alone than of the conversation's. Hindi in
    Latin letters is never clear, as answers would come in another script.
    """
    home = LANGUAGES.get(conversation, LANGUAGES["en"]).code
    words = {t.text for t in tokenize(text)[:_ENOUGH] if t.kind == "w" and len(t.text) > 1}
    alone = dict.fromkeys(LANGUAGES, 0)
    for word in words:
        knowing = [code for code, one in LANGUAGES.items() if word in one.vocabulary]
        if len(knowing) == 1:
            alone[knowing[0]] += 1
    best = max(alone, key=lambda code: (alone[code], code == home))
    others = max(count for code, count in alone.items() if code != best)
    latin = best == "hi" and any(word.isascii() for word in words)
    clear = best != home and not latin and alone[best] - max(others, alone[home]) >= _CLEAR
    return best if clear else ""


_CLEAR = 2
_ENOUGH = 60
