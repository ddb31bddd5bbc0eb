"""Membership by invitation; a chat account bound to a role at one shop instead of an account.

A member who proved nothing and never wrote was only written down by the shop: that becomes an
invitation, good for thirty days from now. A
Telegram account that came to the line of the shops' people came by a pairing code, which no longer
proves an account: it keeps the member's roles, shop by shop, and proves a phone anew for the rest.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")
LIVING = sa.text("ended_at IS NULL")

PHONE = """(SELECT i.value FROM identities i WHERE i.user_id = m.user_id AND i.kind = 'phone'
    AND i.ended_at IS NULL ORDER BY i.id LIMIT 1)"""

UNPROVED = f"""NOT EXISTS (SELECT 1 FROM identities i WHERE i.user_id = m.user_id
    AND i.ended_at IS NULL AND (i.proved_at IS NOT NULL OR EXISTS (SELECT 1 FROM conversations c
        WHERE c.identity_id = i.id AND c.last_in_at IS NOT NULL)))
    AND {PHONE} IS NOT NULL"""  # noqa: S608 - nothing in it comes from outside

PAIRED = """i.kind = 'telegram' AND i.user_id IS NOT NULL AND i.ended_at IS NULL
    AND EXISTS (SELECT 1 FROM conversations c JOIN lines l ON l.id = c.line_id
                WHERE c.identity_id = i.id AND l.staff)
    AND EXISTS (SELECT 1 FROM members m WHERE m.user_id = i.user_id)"""


def upgrade() -> None:
    """Make the tables; take over who was invited, and whose chat was paired."""
    op.add_column("members", sa.Column("channel", sa.Text(), server_default="", nullable=False))
    op.create_table(
        "invitations",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("shop_id", KEY, sa.ForeignKey("shops.id"), nullable=False),
        sa.Column("role", sa.Text(), server_default="", nullable=False),
        sa.Column("provider_id", KEY),
        sa.Column("alerts", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("phone", sa.Text(), server_default="", nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("invited_by", KEY, sa.ForeignKey("users.id")),
        sa.Column("digest", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("told_at", INSTANT),
        sa.Column("accepted_at", INSTANT),
        sa.Column("accepted_by", KEY, sa.ForeignKey("users.id")),
        sa.Column("declined_at", INSTANT),
        sa.Column("revoked_at", INSTANT),
        sa.CheckConstraint("role IN ('owner', 'receptionist', 'provider')", name="role"),
        sa.ForeignKeyConstraint(["shop_id", "provider_id"], ["providers.shop_id", "providers.id"]),
        sa.Index(None, "shop_id"),
        sa.Index(None, "phone"),
        sa.Index(None, "digest"),
        sa.Index(None, "told_at"),
    )
    op.create_table(
        "member_chats",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("shop_id", KEY, sa.ForeignKey("shops.id"), nullable=False),
        sa.Column("user_id", KEY, sa.ForeignKey("users.id"), nullable=False),
        sa.Column("identity_id", KEY, sa.ForeignKey("identities.id"), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("quiet_from", sa.Integer()),
        sa.Column("quiet_until", sa.Integer()),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT),
        sa.Index(None, "user_id"),
        sa.Index(None, "identity_id"),
    )
    op.create_index(
        "uq_member_chats_living",
        "member_chats",
        ["shop_id", "identity_id"],
        unique=True,
        sqlite_where=LIVING,
        postgresql_where=LIVING,
    )
    until = (
        "now() + INTERVAL '30 days'"
        if op.get_bind().dialect.name == "postgresql"
        else "CAST(strftime('%s', 'now') AS INTEGER) + 30 * 86400"
    )
    op.execute(
        "INSERT INTO invitations"  # noqa: S608 - nothing in it comes from outside
        " (shop_id, role, provider_id, alerts, phone, name, created_at, expires_at)"
        f" SELECT m.shop_id, m.role, m.provider_id, m.alerts, {PHONE}, u.name, m.created_at,"
        f" {until} FROM members m JOIN users u ON u.id = m.user_id WHERE {UNPROVED}"
    )
    op.execute(f"DELETE FROM members AS m WHERE {UNPROVED}")  # noqa: S608 - as above
    op.execute(
        "INSERT INTO member_chats (shop_id, user_id, identity_id, created_at)"  # noqa: S608 - as above
        " SELECT DISTINCT m.shop_id, i.user_id, i.id, i.created_at"
        f" FROM identities i JOIN members m ON m.user_id = i.user_id WHERE {PAIRED}"
    )
    op.execute(
        "UPDATE identities AS i SET user_id = NULL, proved_at = NULL, used_at = NULL"  # noqa: S608 - as above
        f" WHERE {PAIRED}"
    )


def downgrade() -> None:
    """Make who is invited a member, and whose chat is bound its account's, as it was before."""
    op.execute(
        "INSERT INTO members (shop_id, user_id, role, provider_id, alerts, created_at)"
        " SELECT n.shop_id, i.user_id, n.role, n.provider_id, n.alerts, n.created_at"
        " FROM invitations n JOIN identities i ON i.kind = 'phone' AND i.value = n.phone"
        " AND i.ended_at IS NULL AND i.user_id IS NOT NULL"
        " WHERE n.accepted_at IS NULL AND n.declined_at IS NULL AND n.revoked_at IS NULL"
        " AND n.id = (SELECT max(o.id) FROM invitations o WHERE o.shop_id = n.shop_id"
        " AND o.phone = n.phone AND o.role = n.role AND o.accepted_at IS NULL"
        " AND o.declined_at IS NULL AND o.revoked_at IS NULL)"
        " AND NOT EXISTS (SELECT 1 FROM members m WHERE m.shop_id = n.shop_id"
        " AND m.user_id = i.user_id AND m.role = n.role)"
    )
    bound = (
        "SELECT {} FROM member_chats c WHERE c.identity_id = identities.id AND c.ended_at IS NULL"
    )
    op.execute(
        f"UPDATE identities SET user_id = ({bound.format('min(c.user_id)')}),"  # noqa: S608 - as above
        f" proved_at = ({bound.format('max(c.created_at)')}),"
        f" used_at = ({bound.format('max(c.created_at)')})"
        f" WHERE user_id IS NULL AND EXISTS ({bound.format('1')})"
    )
    op.drop_column("members", "channel")
    op.drop_table("member_chats")
    op.drop_table("invitations")
