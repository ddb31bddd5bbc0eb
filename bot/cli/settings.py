"""The settings, read before every command."""

from __future__ import annotations

from pydantic import ValidationError

from core.errors import NotReady
from core.settings import Settings


def read_settings() -> Settings:
    """Return the settings from the environment and `.env`.

    Raises NotReady naming every invalid one.
    """
    try:
        return Settings()
    except ValidationError as error:
        wrong = "; ".join(
            f"{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors(include_input=False)
        )
        raise NotReady(reason=f"settings that cannot be read: {wrong}") from None
