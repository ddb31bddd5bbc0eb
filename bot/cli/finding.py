"""What a check of an installation found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check: "ok", "note" (works with a caveat) or "wrong" (does not work)."""

    level: Literal["ok", "note", "wrong"]
    text: str
