"""Codes and secrets leave the database as soon as nobody needs them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles

from core.db.tables import outbox, prompts
from core.messaging.messages import Say


class without_params(sa.sql.functions.GenericFunction[Any]):  # noqa: N801 - reads as SQL
    """The JSON of a Say with its parameters taken out."""

    type = outbox.c.say.type
    inherit_cache = True
    name = "without_params"


@compiles(without_params)
def _without_params(element: Any, compiler: Any, **kw: Any) -> str:
    return f"json_set({compiler.process(element.clauses, **kw)}, '$.params', json('{{}}'))"


@compiles(without_params, "postgresql")
def _without_params_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    return f"jsonb_set({compiler.process(element.clauses, **kw)}, '{{params}}', '{{}}')"


WIPED = sa.case((outbox.c.secret, without_params(outbox.c.say)), else_=outbox.c.say)
"""What an outbox row's `say` becomes when it is sent or given up."""

WIPED_PROMPT = without_params(prompts.c.say)
"""What the `say` of a prompt becomes when it was sent as a secret."""


def is_secret(value: object) -> bool:
    """Whether a Say, or one anywhere in its parameters, is secret."""
    if isinstance(value, Say):
        return value.secret or any(is_secret(inner) for inner in value.params.values())
    return isinstance(value, tuple | list) and any(is_secret(inner) for inner in value)
