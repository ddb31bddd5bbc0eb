"""Sign-in by a one-time code sent to a phone."""

from __future__ import annotations

from typing import Any

import structlog

from core.db.context import Context
from core.errors import CodeExpired, CodeLimitReached, CodeUnsendable, CodeWrong
from core.messaging.messages import Say
from core.messaging.outbox.staff_alerts import enqueue_for_admins
from core.people import otp, otp_limits, otp_sms
from core.people.verification import verify_identity_without_conversation
from core.values.phone_numbers import country_of_phone

log = structlog.get_logger(__name__)

LOGIN_PURPOSE = otp_limits.PAGE


_UNSAID = {"installation", "network", "prefix"}
"""Limits that fail silently: members are exempt, and the response must not reveal who is a member.
"""


async def send_login_code(ctx: Context, phone: str, *, requester: str, address: str) -> None:
    """Send a sign-in code to `phone` (E.164), whether or not it is known.

    The code is bound to `requester`: a ticket of theirs or the address of their request. Raise
    CodeUnsendable without a line that sends SMS, and the errors of `otp.issue_code`.
    """
    if await otp_sms.delivery_line(ctx) is None:
        raise CodeUnsendable
    who: dict[str, Any] = {
        "purpose": LOGIN_PURPOSE,
        "conversation_id": None,
        "requester": requester,
        "address": address,
    }
    try:
        code = await otp.issue_code(ctx, phone, **who)
    except CodeLimitReached as budget:
        if budget.params["of"] in _UNSAID:
            log.warning("sign_in.code_unsent", of=budget.params["of"])
            return
        raise
    talk = await otp_sms.send_code(ctx, phone, code, purpose=LOGIN_PURPOSE)
    most = ctx.settings.sign_in_codes_per_day
    used = await otp_limits.page_codes(ctx)
    if used >= most * otp_limits.ALARM_AT:
        await enqueue_for_admins(
            ctx,
            Say("alert.codes", {"used": used, "most": most}),
            kind="codes",
            conversation_id=talk,
            unique_key=f"codes:{ctx.now:%Y-%m-%d}",
        )


async def create_login_code(ctx: Context, phone: str) -> str:
    """Return a sign-in code to show on the machine itself instead of sending it.

    It is as valid as a sent one. Raise the errors of `otp.issue_code`, except that no country is
    refused.
    """
    countries = [country_of_phone(phone)]
    return await otp.issue_code(
        ctx, phone, purpose=LOGIN_PURPOSE, conversation_id=None, countries=countries, shown=True
    )


async def verify_login_code(
    ctx: Context, phone: str, code: str, *, requester: str, name: str = ""
) -> int | CodeWrong | CodeExpired:
    """Return the id of the user with this phone, created if necessary, or the code's error.

    Errors are returned so that the attempt is committed. Raise NotAllowed for a deactivated user.
    """
    bound: dict[str, Any] = {"purpose": LOGIN_PURPOSE, "conversation_id": None}
    wrong = await otp.verify_code(ctx, phone, code, requester=requester, **bound)
    if wrong is not None:
        # A code shown on the machine itself is not bound to a requester.
        shown = await otp.verify_code(ctx, phone, code, **bound)
        wrong = shown if shown is None or isinstance(wrong, CodeExpired) else wrong
    if wrong is not None:
        return wrong
    return await verify_identity_without_conversation(ctx, "phone", phone, name=name)
