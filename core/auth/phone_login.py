"""Signing in by a one-time code to the phone."""

from __future__ import annotations

from core.db.context import Context
from core.errors import CodeDead, CodeUnsendable, CodeWrong
from core.people import otp
from core.people.verification import prove_apart
from core.values.phone_numbers import country_of

PURPOSE = "sign-in"


async def ask(ctx: Context, phone: str) -> None:
    """Send a code to `phone` (E.164), known or not: nothing here says which.

    CodeUnsendable without a line that sends SMS; else raises what `codes.issue` does.
    """
    if await otp.way(ctx) is None:
        raise CodeUnsendable
    code = await otp.issue(ctx, phone, purpose=PURPOSE, conversation_id=None)
    await otp.send(ctx, phone, code)


async def code_for(ctx: Context, phone: str) -> str:
    """Return a code for whoever stands at the machine itself: it is sent nowhere, but shown there.

    Good as one that was sent; raises what `codes.issue` does, but no country is refused.
    """
    countries = [country_of(phone)]
    return await otp.issue(ctx, phone, purpose=PURPOSE, conversation_id=None, countries=countries)


async def check(
    ctx: Context, phone: str, code: str, *, name: str = ""
) -> int | CodeWrong | CodeDead:
    """Return the user whose phone it is, made if need be; what is wrong with the code instead.

    Errors are returned so that the try is committed. NotAllowed for a user who was deactivated.
    """
    wrong = await otp.check(ctx, phone, code, purpose=PURPOSE, conversation_id=None)
    if wrong is not None:
        return wrong
    return await prove_apart(ctx, "phone", phone, name=name)
