"""The staff commands and the words for them in each language.

A command is recognized by its words at the start of a message; the rest is its argument. Slash
commands are accepted in every language.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

SLASH_COMMANDS = (
    "today",
    "tomorrow",
    "week",
    "day",
    "next",
    "picture",
    "arrived",
    "done",
    "noshow",
    "late",
    "block",
    "sick",
    "unblock",
    "open",
    "walkin",
    "squeeze",
    "pause",
    "resume",
    "message",
    "switch",
    "mute",
    "unmute",
    "alerts",
    "desk",
    "pair",
)
"""The command names, in the order in which bots list them."""

COMMAND_WORDS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "en": {
        "today": ("today",),
        "tomorrow": ("tomorrow",),
        "week": ("week", "this week"),
        "day": ("agenda", "day", "schedule"),
        "next": ("next", "next one", "who is next", "whos next"),
        "picture": ("picture", "image"),
        "arrived": ("arrived", "is here"),
        "done": ("done", "finished"),
        "noshow": ("no show", "no-show", "noshow", "did not come"),
        "late": ("late", "running late"),
        "block": ("block", "time off"),
        "sick": ("sick", "sick day"),
        "unblock": ("unblock",),
        "open": ("open", "special hours"),
        "walkin": ("walk-in", "walk in", "walkin"),
        "squeeze": ("squeeze", "squeeze in", "squeeze-in"),
        "pause": ("pause",),
        "resume": ("resume",),
        "message": ("message", "write to"),
        "switch": ("switch", "switch shop", "my shops"),
        "mute": ("mute",),
        "unmute": ("unmute",),
        "alerts": ("alerts",),
        "desk": ("desk", "commands"),
        "pair": ("pair",),
        "invitation": ("invitation", "invitations", "my invitations"),
    },
    "es": {
        "today": ("hoy",),
        "tomorrow": ("manana",),
        "week": ("semana", "esta semana"),
        "day": ("agenda", "dia"),
        "next": ("siguiente", "proximo", "quien sigue"),
        "picture": ("imagen", "dibujo"),
        "arrived": ("llego", "ha llegado"),
        "done": ("hecho", "terminado"),
        "noshow": ("no vino", "no ha venido"),
        "late": ("retraso", "con retraso"),
        "block": ("bloquear", "bloquea"),
        "sick": ("enfermo", "enferma"),
        "unblock": ("desbloquear", "desbloquea"),
        "open": ("abrir", "abre", "horario especial"),
        "walkin": ("sin cita",),
        "squeeze": ("encajar", "hueco extra"),
        "pause": ("pausa", "pausar"),
        "resume": ("reanudar", "reanuda"),
        "message": ("mensaje", "escribir a"),
        "switch": ("cambiar de negocio", "mis negocios"),
        "mute": ("silenciar", "silencio"),
        "unmute": ("activar avisos",),
        "alerts": ("avisos",),
        "desk": ("mostrador", "comandos"),
        "pair": ("vincular",),
        "invitation": ("invitacion", "invitaciones", "mis invitaciones"),
    },
    "pt": {
        "today": ("hoje",),
        "tomorrow": ("amanha",),
        "week": ("semana", "esta semana"),
        "day": ("agenda",),
        "next": ("proximo", "seguinte"),
        "arrived": ("chegou",),
        "done": ("feito", "terminado"),
        "noshow": ("nao veio", "faltou"),
        "late": ("atraso",),
        "block": ("bloquear",),
        "sick": ("doente",),
        "unblock": ("desbloquear",),
        "open": ("abrir",),
        "walkin": ("sem marcacao", "sem hora marcada"),
        "squeeze": ("encaixar",),
        "pause": ("pausa", "pausar"),
        "resume": ("retomar",),
        "message": ("mensagem",),
        "mute": ("silenciar",),
        "alerts": ("avisos",),
        "desk": ("balcao", "comandos"),
        "invitation": ("convite", "convites", "meus convites"),
    },
    "hi": {
        "today": ("आज", "aaj"),
        "tomorrow": ("कल", "kal"),
        "week": ("हफ्ता", "hafta"),
        "next": ("अगला", "agla"),
        "arrived": ("आ गए", "aa gaye"),
        "done": ("हो गया", "ho gaya"),
        "noshow": ("नहीं आए", "nahi aaye"),
        "late": ("देर", "der"),
        "block": ("ब्लॉक",),
        "sick": ("बीमार", "bimar"),
        "pause": ("रोको", "roko"),
        "resume": ("चालू", "chalu"),
        "message": ("संदेश", "sandesh"),
        "desk": ("काउंटर",),
        "invitation": ("निमंत्रण", "nimantran"),
    },
}

BARE_COMMANDS = {
    "today", "tomorrow", "week", "next", "arrived", "done", "noshow", "pause", "resume", "unmute",
    "switch", "desk", "invitation",
}  # fmt: skip
"""Commands that take no argument; with more words the message is not a command ("next Friday?")."""

SOFT_COMMANDS = {
    "today", "tomorrow", "week", "next", "day", "late", "open", "done", "message", "invitation",
}  # fmt: skip
"""Commands whose words may also answer a customer flow's question; then they are not commands."""

_REF = re.compile(r"\b[2-9a-z]{3}-?[2-9a-z]{3}\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class StaffCommand:
    """A command and its argument.

    `is_soft` means that a customer flow in progress takes precedence.
    """

    command: str
    rest: str
    is_soft: bool


def parse_command(text: str) -> StaffCommand | None:
    """Return the command in a message, or None."""
    text = " ".join(text.split())
    slash = text.startswith("/")
    if slash:
        head, _, rest = text[1:].partition(" ")
        head = head.partition("@")[0].casefold()
        for command, prefix in _LINKS.items():
            if head == "start" and rest.startswith(prefix):
                return StaffCommand(command, rest.removeprefix(prefix), is_soft=False)
        if head in SLASH_COMMANDS:
            return StaffCommand(head, rest, is_soft=False)
        return None
    folded = fold_text(text)
    best: tuple[int, str] | None = None
    for word, command in _ALL:
        if folded == word or (folded.startswith(f"{word} ") and command not in BARE_COMMANDS):
            best = max(best or (0, ""), (len(word), command))
    if best is None:
        trimmed = _REF.sub("", folded).strip()
        visit = next((c for w, c in _ALL if c in _VISITS and w == trimmed), None)
        return StaffCommand(visit, text, is_soft=False) if visit else None
    length, command = best
    return StaffCommand(command, text[length:].strip(), is_soft=command in SOFT_COMMANDS)


def fold_text(text: str) -> str:
    """Return text in lower case and without accents, with the same number of characters."""
    folded = []
    for character in text.casefold() if len(text.casefold()) == len(text) else text:
        plain = unicodedata.normalize("NFD", character)
        folded.append(plain[0] if character.isalpha() and character < "\u0250" else character)
    return "".join(folded).rstrip(".!")


_LINKS = {"pair": "pair_", "join": "invite_"}
"""Prefixes of start links (`core.people.pairing`, `core.people.invitations`)."""

_VISITS = ("arrived", "done", "noshow")
_ALL = [
    (word, command)
    for words in COMMAND_WORDS.values()
    for command, listed in words.items()
    for word in listed
]
