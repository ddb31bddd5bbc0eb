"""What a text says where a fact is absent: nothing glued to it stays behind.

"{when}, {address}. Ref {ref}" of a shop without an address is "9:00 am. Ref K7Q-3MD". A fact takes
along the comma in front of it and the words of its part ("Phone {phone}."), but no other fact.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_GONE, _FACT, _END = "\x00", "\x01", "\x02"

_SENTENCES = re.compile(r"((?<=[.!?।]) +|\n+)")
_LABEL = re.compile(rf"[^,\x01]*{_GONE}[.!?।]?")
_CLOSING = re.compile(r"[.!?।]*$")
_JOINTS = (
    re.compile(rf"\s*\({_GONE}\)"),
    re.compile(rf"\s*[,;:·–—]\s*{_GONE}"),
    re.compile(rf"^{_GONE}\s*[,;:·–—]\s*"),
    re.compile(rf"\s?{_GONE}"),
)
_NUMBERED = re.compile(rf"{_FACT}(\d+){_END}")


def join_present(pieces: Sequence[tuple[str, str | None]]) -> str:
    """Join (literal, value) pairs; a value of "" is absent, None stands for no placeholder."""
    text = "".join(
        literal + ("" if value is None else f"{_FACT}{n}{_END}" if value else _GONE)
        for n, (literal, value) in enumerate(pieces)
    )
    parts = _SENTENCES.split(text)
    kept: list[str] = []
    for n in range(0, len(parts), 2):
        sentence = _without_absent(parts[n]) if _GONE in parts[n] else parts[n]
        if sentence or not parts[n]:
            kept += [*(parts[n - 1 : n] if kept else ()), sentence]
        elif kept and n + 1 < len(parts) and "\n" in parts[n + 1] and "\n" not in parts[n - 1]:
            # The line ends where the sentence was, so the next one begins a line of its own.
            parts[n - 1] = parts[n + 1]
    return _NUMBERED.sub(lambda one: pieces[int(one[1])][1] or "", "".join(kept)).strip()


def _without_absent(sentence: str) -> str:
    """Return a sentence without its absent facts, "" if it says nothing else."""
    if _LABEL.fullmatch(sentence):
        return ""
    closing = _CLOSING.search(sentence)
    end = closing[0] if closing else ""
    parts = sentence[: len(sentence) - len(end)].split(", ")
    said = [one for one in parts if _GONE not in one or _FACT in one]
    rest = ", ".join(said)
    for joint in _JOINTS:
        rest = joint.sub("", rest)
    rest = rest.strip()
    return rest + end if rest else ""
