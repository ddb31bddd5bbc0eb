"""Which files of the product a request crosses: every file in which a function is called."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).parents[2]


@contextmanager
def crossed_files() -> Iterator[set[str]]:
    """Yield the set that fills with the files, relative to the root, that this thread enters."""
    found: set[str] = set()
    inside = {f"{ROOT}/{layer}/": len(str(ROOT)) + 1 for layer in ("core", "bot", "webhooks")}

    def look(frame: FrameType, event: str, _: object) -> None:
        name = frame.f_code.co_filename
        # Module bodies run on the first import only, whoever comes first.
        if event == "call" and frame.f_code.co_name != "<module>":
            for layer, length in inside.items():
                if name.startswith(layer):
                    found.add(name[length:])

    before = sys.getprofile()
    sys.setprofile(look)
    try:
        yield found
    finally:
        sys.setprofile(before)
