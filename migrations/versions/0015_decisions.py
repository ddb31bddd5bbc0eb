"""What is decided outside a talk, by its kind and plain values instead of flows and labels."""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

AS_STORED = sa.Text().with_variant(postgresql.JSONB(), "postgresql")
"""JSON as SQLite keeps it: its text can be compared only as it was written."""

KINDS = {"decide": "approval", "desk.outcome": "outcome", "unpair": "bound_chat"}
"""What flows are called as kinds; the others have one name for both, or depend on the options."""

FLOWS = {
    "approval": "decide",
    "bound_chat": "unpair",
    "customer_message": "desk.answer",
    "ended_card": "card",
    "outcome": "desk.outcome",
    "person_request": "desk.answer",
}


def _choice(value: str, key: str, *words: str) -> dict[str, Any]:
    label = {"$": "say", "key": key, "params": {}, "secret": False}
    return {"$": "choice", "value": value, "label": label, "words": list(words)}


_WRITE = _choice("write", "relay.answer", "write back", "answer", "reply")
_BACK = _choice("back", "hand_back", "done")
CHOICES = {
    "approval": (
        _choice("approve", "approve", "@approve", "approve", "aprobar"),
        _choice("decline", "decline", "@decline", "decline", "rechazar"),
        _choice("propose", "propose", "other time", "otra hora"),
    ),
    "bound_chat": (_choice("end", "chat_bound.end", "not me", "undo"),),
    "card": (
        _choice("move", "do_move"),
        _choice("cancel", "do_cancel"),
        _choice("calendar", "add_to_calendar"),
    ),
    "customer_message": (_WRITE, _BACK),
    "ended_card": (_choice("calendar", "off_calendar"),),
    "invitation": (
        _choice("accept", "invitation.accept", "@yes", "accept"),
        _choice("decline", "invitation.decline", "@no", "decline"),
    ),
    "outcome": (
        _choice("done", "came", "@yes", "came"),
        _choice("noshow", "did_not_come", "@no", "did not come", "didn't come", "no show",
                "noshow", "no vino", "não veio", "nao veio", "nahi aaya", "nahi aayi",
                "नहीं आया", "नहीं आई"),
    ),
    "person_request": (_BACK, _WRITE),
    "proposal": (
        _choice("accept", "proposal.accept", "@yes", "@approve"),
        _choice("other", "proposal.other", "@other", "@move"),
        _choice("cancel", "proposal.cancel", "@cancel"),
    ),
    "reminder": (
        _choice("come", "reminder.come", "@yes", "confirm", "coming", "i come", "i'll come",
                "i will come", "i'll be there", "confirmo", "voy", "sí voy", "asistiré",
                "ahí estaré"),
        _choice("move", "do_move", "@move", "move"),
        _choice("cancel", "do_cancel", "@cancel", "call it off"),
    ),
}  # fmt: skip
"""What each value was shown as and read by when options were kept whole."""


def upgrade() -> None:
    """Call the column by what it holds, and keep of each option its value."""
    _rename_column("flow", "decision")
    for flow, stored in _decisions():
        options = json.loads(stored) if isinstance(stored, str) else stored
        _rewrite((flow, stored), _kind(flow, options), [option["value"] for option in options])


def downgrade() -> None:
    """Write the flows and the whole options back."""
    for kind, stored in _decisions():
        values = json.loads(stored) if isinstance(stored, str) else stored
        known = {choice["value"]: choice for choice in CHOICES.get(kind, ())}
        options = [known[value] for value in values if value in known]
        _rewrite((kind, stored), FLOWS.get(kind, kind), options)
    _rename_column("decision", "flow")


def _rename_column(old: str, new: str) -> None:
    op.alter_column("prompts", old, new_column_name=new)
    # PostgreSQL from 18 on names what says NOT NULL by the column, and keeps that name.
    named = sa.text("SELECT conname FROM pg_constraint WHERE conname = :name")
    name = f"prompts_{old}_not_null"
    on_postgresql = op.get_context().dialect.name == "postgresql"
    if on_postgresql and op.get_bind().execute(named, {"name": name}).first():
        op.execute(f"ALTER TABLE prompts RENAME CONSTRAINT {name} TO prompts_{new}_not_null")


def _kind(flow: str, options: list[dict[str, Any]]) -> str:
    """Tell what a flow decided, by its options where one flow served two kinds."""
    first = options[0] if options else {"value": "", "label": {"key": ""}}
    if flow == "desk.answer":
        return "person_request" if first["value"] == "back" else "customer_message"
    if flow == "card":
        return "ended_card" if first["label"]["key"] == "off_calendar" else "card"
    return KINDS.get(flow, flow)


PROMPTS = sa.table("prompts", sa.column("decision", sa.Text()), sa.column("options", AS_STORED))


def _decisions() -> list[tuple[str, Any]]:
    """Return each kind with options there is, as stored: a handful, however many prompts."""
    found = sa.select(PROMPTS.c.decision, PROMPTS.c.options).distinct()
    rows = op.get_bind().execute(found.where(PROMPTS.c.decision != ""))
    return [(row.decision, row.options) for row in rows]


def _rewrite(before: tuple[str, Any], decision: str, options: list[Any]) -> None:
    kind, stored = before
    new = json.dumps(options, ensure_ascii=False) if isinstance(stored, str) else options
    op.get_bind().execute(
        sa.update(PROMPTS)
        .where(PROMPTS.c.decision == kind, PROMPTS.c.options == stored)
        .values(decision=decision, options=new)
    )
