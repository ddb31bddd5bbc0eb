"""How a request to the Bot API may go wrong without being wrong itself."""

import enum


class Fault(enum.Enum):
    """What happens to a valid request that sends or edits."""

    THROTTLED = enum.auto()
    """429 with retry_after; not accepted."""
    BROKEN = enum.auto()
    """500; not accepted."""
    HANGING = enum.auto()
    """No answer until the client gives up; not accepted."""
    CUT_BEFORE = enum.auto()
    """The connection is cut before it is accepted."""
    CUT_AFTER = enum.auto()
    """It is accepted, then the connection is cut: the sender cannot know."""
    GARBAGE = enum.auto()
    """A proxy's page of HTML with status 502; not accepted."""
