"""Removing codes and secrets from the database as soon as nobody needs them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles

from core.db.tables import outbox, prompts
from core.messaging.messages import Say


class strip_params(sa.sql.functions.GenericFunction[Any]):  # noqa: N801 - reads as SQL
    """The JSON of a Say without its parameters."""

    type = outbox.c.message.type
    inherit_cache = True
    name = "without_params"


@compiles(strip_params)
def _without_params(element: Any, compiler: Any, **kw: Any) -> str:
    return f"json_set({compiler.process(element.clauses, **kw)}, '$.params', json('{{}}'))"


@compiles(strip_params, "postgresql")
def _without_params_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    return f"jsonb_set({compiler.process(element.clauses, **kw)}, '{{params}}', '{{}}')"


REDACTED_SAY = sa.case((outbox.c.secret, strip_params(outbox.c.message)), else_=outbox.c.message)
"""What an outbox row's `say` becomes when it is sent or given up."""

REDACTED_PROMPT_SAY = strip_params(prompts.c.message)
"""What a prompt's `say` becomes when it was sent as a secret."""


def contains_secret(value: object) -> bool:
    """Return whether a Say, or one nested in its parameters, is secret."""
    if isinstance(value, Say):
        return value.secret or any(contains_secret(inner) for inner in value.params.values())
    return isinstance(value, tuple | list) and any(contains_secret(inner) for inner in value)
