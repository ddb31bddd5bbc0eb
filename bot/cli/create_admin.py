"""`python -m bot create-admin`."""

from __future__ import annotations

import argparse

from bot.cli.common import with_runtime
from core.auth import phone_login
from core.db.runtime import Runtime
from core.errors import CodeError, NotReady
from core.people.identities import make_admin
from core.settings import Settings
from core.values.phone_numbers import parse_phone


def run(settings: Settings, options: argparse.Namespace) -> None:
    """Make the owner of a phone an admin and print a sign-in code."""

    async def create(runtime: Runtime) -> None:
        await runtime.ensure_ready()
        phone = parse_phone(options.phone, "")
        await runtime.run(lambda ctx: make_admin(ctx, phone))
        print(f"{phone} is an admin now.")
        try:
            code = await runtime.run(lambda ctx: phone_login.create_login_code(ctx, phone))
        except CodeError as error:
            raise NotReady(reason=f"there is no code to sign in with: {error.args[0]}") from None
        print(
            f"Within five minutes, sign in at {settings.public_base_url}/admin with the code {code}"
        )

    with_runtime(settings, create)
