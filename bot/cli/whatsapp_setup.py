"""`python -m bot whatsapp-setup`: create the templates at Twilio and store their ids.

It can be repeated: existing templates are kept and their approval states are refreshed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.channels.twilio import templates
from bot.channels.twilio.content_api import ContentApi, ContentApiError
from bot.channels.twilio.templates import ContentTemplate
from bot.cli.common import print_line, with_runtime
from bot.i18n.messages import TRANSLATOR
from bot.i18n.translator import supported_languages
from core.db.runtime import Runtime
from core.messaging import whatsapp_templates
from core.messaging.whatsapp_templates import StoredTemplate
from core.settings import Settings

APPROVED_STATUS = "approved"


class SetupFailed(Exception):
    """Nothing could be set up; the message says why."""


@dataclass(slots=True)
class SetupResult:
    """The result of a set-up: templates created and found, approval states, and updated shops.

    `refused` holds the error messages of Twilio or WhatsApp.
    """

    created: int = 0
    found: int = 0
    shops: int = 0
    approvals: dict[str, int] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)


async def create_templates(runtime: Runtime) -> SetupResult:
    """Create every missing template; raises an error if Twilio rejects all requests.

    Shops without approved templates of their own get the approved ones.
    """
    settings = runtime.settings
    account = settings.twilio_account_sid
    if not (account and settings.twilio_auth_token):
        raise SetupFailed("Twilio lacks TWILIO_ACCOUNT_SID or TWILIO_AUTH_TOKEN")
    outcome, done = SetupResult(), dict[str, StoredTemplate]()
    opening = list(templates.approval_templates(TRANSLATOR, supported_languages()))
    async with ContentApi(settings) as api:
        try:
            there = {t["friendly_name"]: t["sid"] async for t in api.list_templates()}
        except ContentApiError as refused:
            raise SetupFailed(f"Twilio refuses: {refused}") from None
        for template in (*templates.interactive_templates(), *opening):
            try:
                done[template.name] = await _one(api, template, there, outcome)
            except ContentApiError as refused:
                outcome.refused.append(f"{template.name}: {refused}")
    ready: dict[str, dict[str, str]] = {}
    for template in opening:
        one = done.get(template.name)
        if one is not None and one.approval == APPROVED_STATUS:
            ready.setdefault(template.key, {})[template.our_language] = one.sid
    async with runtime.transaction() as ctx:
        await whatsapp_templates.replace_templates(ctx, account, done)
        outcome.shops = await whatsapp_templates.assign_templates(ctx, ready)
    return outcome


async def _one(
    api: ContentApi, template: ContentTemplate, there: dict[str, str], outcome: SetupResult
) -> StoredTemplate:
    """Create one template and submit it for approval if it needs one."""
    sid = there.get(template.friendly_name)
    if sid is None:
        sid = await api.create_template(template.request())
        outcome.created += 1
    else:
        outcome.found += 1
    if not template.key:
        return StoredTemplate(sid)
    approval = await api.approval_status(sid)
    if approval == "unsubmitted":
        try:
            approval = await api.request_approval(sid, template.friendly_name)
        except ContentApiError as refused:
            # A sandbox has no business account to submit with; buttons and lists work without
            # approval.
            outcome.refused.append(f"{template.name}, approval: {refused}")
    outcome.approvals[approval] = outcome.approvals.get(approval, 0) + 1
    return StoredTemplate(sid, approval)


def print_result(outcome: SetupResult, write: Callable[[str], None]) -> None:
    """Describe the result of a set-up in plain words."""
    write(f"WhatsApp's templates at Twilio: {outcome.created} made, {outcome.found} there already.")
    for approval, count in sorted(outcome.approvals.items()):
        write(f"For messages later than 24 hours: {count} {approval}.")
    if outcome.shops:
        write(f"{outcome.shops} shops send the approved ones from now on.")
    for refusal in outcome.refused:
        write(f"Refused: {refusal}")


def run(settings: Settings, _options: argparse.Namespace) -> int:
    """Create the templates at Twilio."""

    async def set_up(runtime: Runtime) -> int:
        await runtime.ensure_ready()
        try:
            outcome = await create_templates(runtime)
        except SetupFailed as error:
            print(error, file=sys.stderr)
            return 1
        print_result(outcome, print_line)
        return 0 if outcome.created or outcome.found else 1

    return with_runtime(settings, set_up)
