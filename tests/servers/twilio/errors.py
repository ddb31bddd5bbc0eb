"""Twilio's errors as its API answers them."""

from typing import Any

# code: (HTTP status, message). From Twilio's error dictionary.
KNOWN = {
    20001: (400, "Unknown parameters"),
    20003: (401, "Authenticate"),
    20404: (404, "The requested resource was not found"),
    20429: (429, "Too Many Requests"),
    20500: (500, "An internal server error has occurred"),
    21211: (400, "Invalid 'To' Phone Number"),
    21212: (400, "Invalid 'From' Phone Number"),
    21602: (400, "Message body is required."),
    21603: (400, "A 'From' phone number is required."),
    21604: (400, "A 'To' phone number is required."),
    21606: (400, "The 'From' phone number is not a message-capable number of this account."),
    21609: (400, "The 'StatusCallback' URL is not a valid URL."),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit."),
    21620: (400, "Invalid media URL(s)"),
    21655: (400, "The ContentSid is Invalid"),
    21656: (400, "The ContentVariables Parameter is invalid"),
    21658: (400, "Parameter exceeded character limit"),
    21705: (400, "The Messaging Service Sid is invalid"),
    21910: (400, "Invalid 'From' and 'To' pair: they should be of the same channel"),
    63007: (400, "Twilio could not find a Channel with the specified From address"),
}


class Refused(Exception):
    """The request is refused with `code`; `detail` says what in it was wrong."""

    def __init__(self, code: int, detail: str = "") -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail

    @property
    def status(self) -> int:
        """The HTTP status the code comes with."""
        return KNOWN[self.code][0]

    def as_json(self) -> dict[str, Any]:
        """Build the body of the answer."""
        message = KNOWN[self.code][1]
        return {
            "code": self.code,
            "message": f"{message}: {self.detail}" if self.detail else message,
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }
