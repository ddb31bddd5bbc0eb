"""Recognition of a question, whatever it asks."""

from __future__ import annotations

from bot.nlu.tokenizer import tokenize

_LEAST_WORDS = 2

_OPENERS = frozenset(
    # English, Spanish, Portuguese, Hindi in Latin letters and in Devanagari.
    "can could do does did is are was will would what whats how where when why which who whose "
    "puedo puedes puede podria hay tienen teneis aceptan cuanto cuanta como donde cuando quien que "
    "posso pode tem aceita aceitam quanto quanta onde quando quem "
    "kya kyaa kab kahan kaise kitna kitne kaun kyon kyun "
    "क्या कब कहाँ कैसे कितना कितने कौन क्यों".split()
)


def is_question(text: str) -> bool:
    """Return whether a text asks something, by its mark or its first word; "what?" does not."""
    words = [token.text for token in tokenize(text) if token.kind == "w"]
    if len(words) < _LEAST_WORDS:
        return False
    return any(mark in text for mark in "?¿") or words[0] in _OPENERS
