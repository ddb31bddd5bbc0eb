"""Marking what the provider took: many rows by one statement, so that a burst keeps its pace."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from core.context import Context, Row
from core.models import fixed, outbox, prompts
from core.outbox.reporting import FAILED, RANK
from core.outbox.wiping import WIPED, WIPED_PROMPT


@dataclass(frozen=True, slots=True)
class Done:
    """What the provider said to a message, and how it was sent."""

    row_id: int
    lease: str
    provider_id: str = ""
    provider_status: str = ""
    body: str = ""
    segments: int = 0
    alphabet: str = ""


def _rank(status: Any) -> sa.ColumnElement[int]:
    places = [(fixed(one), fixed(place)) for one, place in RANK.items()]
    return sa.case(*places, value=status, else_=fixed(0))


def _mark(done: Any) -> sa.Update:
    """Mark a row as `done` says, whose columns are named as the fields of `Done`."""
    behind = outbox.alias("behind")
    return (
        sa.update(outbox)
        .where(
            outbox.c.id == done.row_id,
            outbox.c.lease == done.lease,
            outbox.c.state.in_([fixed("sending"), fixed("due")]),
        )
        .values(
            # The provider's callback may have overtaken us, even with a failure.
            state=sa.case(
                (outbox.c.provider_status.in_([fixed(one) for one in FAILED]), fixed("failed")),
                else_=fixed("sent"),
            ),
            sent_at=sa.bindparam("now", type_=outbox.c.sent_at.type),
            lease=fixed(""),
            leased_until=sa.null(),
            provider_id=done.provider_id,
            provider_status=sa.case(
                (
                    _rank(outbox.c.provider_status) < _rank(done.provider_status),
                    done.provider_status,
                ),
                else_=outbox.c.provider_status,
            ),
            body=sa.case((outbox.c.secret, fixed("")), else_=done.body),
            segments=done.segments,
            alphabet=done.alphabet,
            say=WIPED,
        )
        .returning(
            # Written out: in RETURNING, SQLAlchemy leaves the table's name away on SQLite.
            sa.literal_column("outbox.id").label("row_id"),
            sa.literal_column("outbox.prompt_id").label("prompt_id"),
            sa.literal_column("outbox.secret", outbox.c.secret.type).label("secret"),
            sa.exists()
            .where(
                sa.text("behind.state IN ('due', 'sending')"),  # as the index says it
                behind.c.conversation_id == sa.literal_column("outbox.conversation_id"),
                behind.c.lane == sa.literal_column("outbox.lane"),
                behind.c.id > sa.literal_column("outbox.id"),
            )
            .label("more"),
        )
    )


class _Bound:
    """The fields of one `Done` as parameters."""

    row_id = sa.bindparam("row_id", type_=sa.BigInteger)
    lease = sa.bindparam("held", type_=sa.Text)
    provider_id = sa.bindparam("sid", type_=sa.Text)
    provider_status = sa.bindparam("status", type_=sa.Text)
    body = sa.bindparam("as_sent", type_=sa.Text)
    segments = sa.bindparam("parts", type_=sa.Integer)
    alphabet = sa.bindparam("priced_as", type_=sa.Text)


_MARK_ONE = _mark(_Bound)

_SHOWN_ONE = (
    sa.update(prompts)
    .where(prompts.c.id == sa.bindparam("prompt"))
    .values(
        shown_at=sa.bindparam("now", type_=prompts.c.shown_at.type),
        message_id=sa.bindparam("sid", type_=sa.Text),
        say=sa.case((sa.bindparam("wiped", type_=sa.Boolean), WIPED_PROMPT), else_=prompts.c.say),
    )
)


def _rows(**columns: sa.types.TypeEngine[Any]) -> Any:
    """Rows handed over as one parameter `those`; PostgreSQL would prepare each length anew."""
    given = sa.cast(sa.bindparam("those", type_=sa.Text), JSONB)
    named = [sa.column(name, kind) for name, kind in columns.items()]
    rows = sa.func.jsonb_to_recordset(given).table_valued(*named, name="done")
    return rows.render_derived(with_types=True).c


_MARK_MANY = _mark(
    _rows(
        row_id=sa.BigInteger(),
        lease=sa.Text(),
        provider_id=sa.Text(),
        provider_status=sa.Text(),
        body=sa.Text(),
        segments=sa.Integer(),
        alphabet=sa.Text(),
    )
)

_shown = _rows(prompt_id=sa.BigInteger(), provider_id=sa.Text(), secret=sa.Boolean())
_SHOWN_MANY = (
    sa.update(prompts)
    .where(prompts.c.id == _shown.prompt_id)
    .values(
        shown_at=sa.bindparam("now", type_=prompts.c.shown_at.type),
        message_id=_shown.provider_id,
        say=sa.case((_shown.secret, WIPED_PROMPT), else_=prompts.c.say),
    )
)


async def finish_all(ctx: Context, those: Sequence[Done]) -> dict[int, bool]:
    """Note that the provider took these; return those that were ours, and whether more waits.

    What is secret is wiped, and the prompt a row showed becomes the one shown last. More waits when
    its conversation has unfinished rows of the same lane behind it, which can be claimed once
    this is committed. A lease that ran out while nobody claimed the row anew still counts: better
    marked late than sent twice. All are marked or, should one of them be refused, none.
    """
    marked: list[Row] = []
    if ctx.postgresql and len(those) > 1:
        given = {"those": json.dumps([_named(done) for done in those]), "now": ctx.now}
        marked += (await ctx.execute(_MARK_MANY, given)).all()
    else:
        for done in those:
            given = {
                "row_id": done.row_id,
                "held": done.lease,
                "sid": done.provider_id,
                "status": done.provider_status,
                "as_sent": done.body,
                "parts": done.segments,
                "priced_as": done.alphabet,
                "now": ctx.now,
            }
            marked += (await ctx.execute(_MARK_ONE, given)).all()
    names = {done.row_id: done.provider_id for done in those}
    await _show(ctx, [(row.prompt_id, names[row.row_id], row.secret) for row in marked])
    return {row.row_id: bool(row.more) for row in marked}


def _named(done: Done) -> dict[str, str | int]:
    # What `dataclasses.asdict` gives, without its deep copies: one goes with every message.
    return {name: getattr(done, name) for name in done.__slots__}


async def _show(ctx: Context, asked: Sequence[tuple[int | None, str, bool]]) -> None:
    """Make these prompts – id, name of the message, whether secret – the ones shown last."""
    shown = [one for one in asked if one[0] is not None]
    if ctx.postgresql and len(shown) > 1:
        rows = [
            {"prompt_id": prompt, "provider_id": name, "secret": secret}
            for prompt, name, secret in shown
        ]
        await ctx.execute(_SHOWN_MANY, {"those": json.dumps(rows), "now": ctx.now})
        return
    for prompt, name, secret in shown:
        await ctx.execute(
            _SHOWN_ONE, {"prompt": prompt, "sid": name, "wiped": secret, "now": ctx.now}
        )
