"""What may be set of a line: the body of the API and what the verbs of `core.messaging` take."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from core.values.change import Change, unset
from core.values.field_types import Flag, RowId, ShortText

_ADDRESS = (
    "With its country's code; for SMS also a short code, a sender's name"
    " or a messaging service, MG…."
)
_SHOP = "Null: it serves every shop."
_STAFF = "Whether it is for the people of the shop."


class NewLine(Change):
    """A number or sender of the installation's Twilio account."""

    channel: Literal["sms", "whatsapp"]
    address: ShortText = Field(description=_ADDRESS, examples=["+34915550100"])
    shop_id: RowId | None = Field(None, description=_SHOP)
    staff: Flag = Field(default=False, description=_STAFF)


class LineChange(Change):
    """What to change of a line; what is left out stays."""

    shop_id: RowId | None = unset(description=_SHOP)
    staff: Flag = unset(description=_STAFF)
    active: Flag = unset(description="What is switched off neither hears nor says anything.")
