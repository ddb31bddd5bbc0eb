"""Signing in by a one-time code to the phone."""

from __future__ import annotations

from core.db.context import Context
from core.errors import CodeExpired, CodeUnsendable, CodeWrong
from core.people import otp
from core.people.verification import verify_identity_without_conversation
from core.values.phone_numbers import country_of_phone

LOGIN_PURPOSE = "sign-in"


async def send_login_code(ctx: Context, phone: str) -> None:
    """Send a code to `phone` (E.164), known or not: nothing here says which.

    CodeUnsendable without a line that sends SMS; else raises what `codes.issue` does.
    """
    if await otp.delivery_line(ctx) is None:
        raise CodeUnsendable
    code = await otp.issue_code(ctx, phone, purpose=LOGIN_PURPOSE, conversation_id=None)
    await otp.send_code(ctx, phone, code)


async def create_login_code(ctx: Context, phone: str) -> str:
    """Return a code for whoever stands at the machine itself: it is sent nowhere, but shown there.

    Good as one that was sent; raises what `codes.issue` does, but no country is refused.
    """
    countries = [country_of_phone(phone)]
    return await otp.issue_code(
        ctx, phone, purpose=LOGIN_PURPOSE, conversation_id=None, countries=countries
    )


async def verify_login_code(
    ctx: Context, phone: str, code: str, *, name: str = ""
) -> int | CodeWrong | CodeExpired:
    """Return the user whose phone it is, made if need be; what is wrong with the code instead.

    Errors are returned so that the try is committed. NotAllowed for a user who was deactivated.
    """
    wrong = await otp.verify_code(ctx, phone, code, purpose=LOGIN_PURPOSE, conversation_id=None)
    if wrong is not None:
        return wrong
    return await verify_identity_without_conversation(ctx, "phone", phone, name=name)
