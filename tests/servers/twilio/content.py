"""Content templates: what WhatsApp's lists, quick replies and reminders are sent by."""

import copy
import dataclasses
import json
import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tests.servers.twilio.errors import Refused

CATEGORIES = {"UTILITY", "MARKETING", "AUTHENTICATION"}
# https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/supported-languages
LANGUAGES = frozenset(
    "af sq ar ar_EG ar_AE ar_LB ar_MA ar_QA az be_BY bn bn_IN bg ca zh_CN zh_HK zh_TW hr cs da "
    "prs_AF nl nl_BE en en_GB en_US en_AE en_AU en_CA en_GH en_IE en_IN en_JM en_MY en_NZ en_QA "
    "en_SG en_UG en_ZA et fil fi fr fr_BE fr_CA fr_CH fr_CI fr_MA ka de de_AT de_CH el gu ha he hi "
    "hu id ga it ja kn kk rw_RW ko ky_KG lo lv lt mk ms ml mr nb ps_AF fa pl pt_BR pt_PT pa ro ru "
    "sr si_LK sk sl es es_AR es_CL es_CO es_CR es_DO es_EC es_HN es_MX es_PA es_PE es_ES es_UY sw "
    "sv ta te th tr uk ur uz vi zu".split()
)
_NAME = re.compile(r"[a-z0-9_]{1,512}")  # WhatsApp's rule for the name of a template


@dataclasses.dataclass
class Contents:
    """The templates of an account, by sid, and what WhatsApp thinks of each."""

    by_sid: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    approvals: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)

    def create(self, account_sid: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Make a template. Raises Refused when WhatsApp's limits or the shape are missed."""
        unknown = set(request) - {"friendly_name", "language", "variables", "types"}
        if unknown or not request.get("language") or len(request.get("types") or {}) == 0:
            raise Refused(20001, ", ".join(sorted(unknown)) or "language and types are required")
        for kind, parts in request["types"].items():
            _check(kind, parts)
        sid = f"HX{secrets.token_hex(16)}"
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        url = f"https://content.twilio.com/v1/Content/{sid}"
        self.by_sid[sid] = {
            "sid": sid,
            "account_sid": account_sid,
            "friendly_name": request.get("friendly_name"),
            "language": request["language"],
            "variables": request.get("variables") or {},
            "types": dict(request["types"]),
            "url": url,
            "date_created": now,
            "date_updated": now,
            "links": {
                "approval_create": f"{url}/ApprovalRequests/whatsapp",
                "approval_fetch": f"{url}/ApprovalRequests",
            },
        }
        return self.by_sid[sid]

    def request_approval(self, sid: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Hand a template to WhatsApp, which answers later (see `decide`)."""
        if sid not in self.by_sid:
            raise Refused(20404)
        if not _NAME.fullmatch(str(request.get("name", ""))):
            raise Refused(20001, "name: lower case letters, digits and underscores")
        if request.get("category") not in CATEGORIES:
            raise Refused(20001, "category")
        if "twilio/list-picker" in self.by_sid[sid]["types"]:
            raise Refused(20001, "WhatsApp approves no list-pickers")
        if self.by_sid[sid]["language"] not in LANGUAGES:
            raise Refused(20001, f"WhatsApp has no language {self.by_sid[sid]['language']}")
        ((kind, parts),) = self.by_sid[sid]["types"].items()
        _check_variables(kind, parts, self.by_sid[sid]["variables"])
        self.approvals[sid] = {
            "name": request["name"],
            "category": request["category"],
            "content_type": next(iter(self.by_sid[sid]["types"])),
            "status": "received",
            "rejection_reason": "",
            "allow_category_change": True,
        }
        return self.approvals[sid]

    def fill(self, sid: str, given: Mapping[str, str]) -> dict[str, Any]:
        """Return the one type of a template with its placeholders filled.

        By what is given, else by its own samples. What then is too long, or twice the same,
        WhatsApp would not show; here it is refused at once.
        """
        content = self.by_sid[sid]
        values = {**(content.get("variables") or {}), **given}

        def filled(part: Any) -> Any:
            if isinstance(part, dict):
                return {name: filled(value) for name, value in part.items()}
            if isinstance(part, list):
                return [filled(value) for value in part]
            missing = set(re.findall(r"{{(\w+)}}", part)) - set(values)
            if missing:
                raise Refused(21656, ", ".join(sorted(missing)))
            return re.sub(r"{{(\w+)}}", lambda match: values[match[1]], part)

        ((kind, parts),) = copy.deepcopy(content["types"]).items()
        made: dict[str, Any] = filled(parts)
        try:
            _check(kind, made, shown=True)
        except Refused as refused:
            raise Refused(21656, refused.detail) from None
        return made

    def approval(self, account_sid: str, sid: str) -> dict[str, Any]:
        """Tell how far the approval is."""
        if sid not in self.by_sid:
            raise Refused(20404)
        known = self.approvals.get(sid)
        return {
            "sid": sid,
            "account_sid": account_sid,
            "url": f"https://content.twilio.com/v1/Content/{sid}/ApprovalRequests",
            "whatsapp": {"type": "whatsapp", **known} if known else {"status": "unsubmitted"},
        }

    def decide(self, sid: str, status: str, reason: str = "") -> None:
        """Let WhatsApp approve or reject ("approved", "rejected", "paused", ...)."""
        self.approvals[sid].update(status=status, rejection_reason=reason)

    def is_approved(self, sid: str | None) -> bool:
        """Tell whether the template may be sent outside the 24-hour window."""
        return sid is not None and self.approvals.get(sid, {}).get("status") == "approved"


def _check_variables(kind: str, parts: Mapping[str, Any], samples: Mapping[str, str]) -> None:
    """Refuse what WhatsApp's review refuses of placeholders."""
    body = parts["body"]
    found = re.findall(r"{{(.*?)}}", json.dumps(parts, ensure_ascii=False))
    in_body = re.findall(r"{{(.*?)}}", body)
    if [int(n) if n.isdecimal() else 0 for n in in_body] != list(range(1, len(in_body) + 1)):
        raise Refused(20001, f"{kind}: variables of the body count from 1 without a gap")
    if set(found) - set(samples) or not all(samples.get(name) for name in found):
        raise Refused(20001, f"{kind}: a variable has no sample")
    if re.match(r"\s*{{", body) or re.search(r"}}\s*$", body):
        raise Refused(20001, f"{kind}: the body begins or ends with a variable")
    if re.search(r"}}\s*{{", body):
        raise Refused(20001, f"{kind}: two variables stand side by side")
    words = re.sub(r"{{.*?}}", " ", body).split()
    # The ratio is not published; three words to two variables have passed.
    if 2 * len(words) < 3 * len(in_body):
        raise Refused(20001, f"{kind}: too many variables for the length of the body")
    if re.search(r"\n{3}|\t| {5}", body):
        raise Refused(20001, f"{kind}: more than two line breaks, a tab, or more than four spaces")
    for action in parts.get("actions", ()):
        if "{{" in action["title"]:
            raise Refused(20001, f"{kind}: a button's title has a variable")


def _check(kind: str, parts: Mapping[str, Any], *, shown: bool = False) -> None:
    body = parts.get("body")
    if kind not in {"twilio/text", "twilio/quick-reply", "twilio/list-picker"}:
        raise Refused(20001, f"{kind} is not known here")
    if not body or len(body) > 1024:
        raise Refused(20001, f"{kind}: a body of 1 to 1024 characters is required")
    if kind == "twilio/quick-reply":
        _check_items(kind, parts.get("actions"), most=3, lengths={"title": 20, "id": 200})
        _check_titles(kind, parts["actions"], "title", shown=shown)
    if kind == "twilio/list-picker":
        if not 1 <= len(parts.get("button", "")) <= 20:
            raise Refused(20001, f"{kind}: a button of 1 to 20 characters is required")
        lengths = {"item": 24, "id": 200, "description": 72}
        _check_items(kind, parts.get("items"), most=10, lengths=lengths)
        _check_titles(kind, parts["items"], "item", shown=shown)


def _check_titles(kind: str, items: Any, name: str, *, shown: bool) -> None:
    if shown and len({item[name] for item in items}) < len(items):
        raise Refused(20001, f"{kind}: two choices read the same")


def _check_items(kind: str, items: Any, *, most: int, lengths: Mapping[str, int]) -> None:
    if not items or len(items) > most:
        raise Refused(20001, f"{kind}: 1 to {most} choices")
    for item in items:
        for name, longest in lengths.items():
            if not len(item.get(name) or "") <= longest:
                raise Refused(20001, f"{kind}: {name} has at most {longest} characters")
        if not all(item.get(name) for name in lengths if name != "description"):
            raise Refused(20001, f"{kind}: a choice lacks its text or id")
    if len({item["id"] for item in items}) < len(items):
        raise Refused(20001, f"{kind}: the ids are not unique")
