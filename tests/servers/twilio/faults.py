"""How a request to Twilio may go wrong without being wrong itself."""

import enum


class Fault(enum.Enum):
    """What happens to a valid request to send."""

    THROTTLED = enum.auto()
    """429 with code 20429 and Retry-After; not accepted."""
    BROKEN = enum.auto()
    """500; not accepted."""
    HANGING = enum.auto()
    """No answer until the client gives up; not accepted."""
    CUT_BEFORE = enum.auto()
    """The connection is cut before the message is accepted."""
    CUT_AFTER = enum.auto()
    """The message is accepted, then the connection is cut: the sender cannot know."""
    GARBAGE = enum.auto()
    """A proxy's page of HTML with status 200; not accepted."""
