"""The Bot API's errors as it answers them."""

from typing import Any

_PREFIX = {
    400: "Bad Request: ",
    403: "Forbidden: ",
    409: "Conflict: ",
    429: "Too Many Requests: ",
}


class Refused(Exception):
    """The request is refused; `parameters` is what some errors carry beside their words."""

    def __init__(self, code: int, words: str = "", **parameters: int) -> None:
        super().__init__(code, words)
        self.code = code
        self.description = _PREFIX.get(code, "") + words
        self.parameters = parameters

    def as_json(self) -> dict[str, Any]:
        """Build the body of the answer."""
        body: dict[str, Any] = {
            "ok": False,
            "error_code": self.code,
            "description": self.description,
        }
        return body | ({"parameters": self.parameters} if self.parameters else {})


NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the "
    "same as a current content and reply markup of the message"
)
OTHER_POLL = (
    "terminated by other getUpdates request; make sure that only one bot instance is running"
)
HOOKED = (
    "can't use getUpdates method while webhook is active; use deleteWebhook to delete the "
    "webhook first"
)
OLD_QUERY = "query is too old and response timeout expired or query ID is invalid"
