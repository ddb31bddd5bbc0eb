"""The outbox: the only exit for anything a person must get.

`posting` puts rows in (every verb may), on the conversations `addressing` finds. Only the
delivery takes them out: `claiming` leases it a batch, `marking` notes what became of each,
`numbering` gives prompts the numbers people answer with, `wiping` takes codes away once sent.
"""

from core.outbox.addressing import SIMULATED, Booked
from core.outbox.claiming import Outgoing, claim_due
from core.outbox.marking import (
    ATTEMPTS,
    LEASE,
    finish,
    mark_failed,
    mark_sent,
    provider_status,
    requeue_expired_leases,
    start,
)
from core.outbox.numbering import number_prompt, number_prompts
from core.outbox.posting import alert, drop, post, tell, wake

__all__ = [
    "ATTEMPTS",
    "LEASE",
    "SIMULATED",
    "Booked",
    "Outgoing",
    "alert",
    "claim_due",
    "drop",
    "finish",
    "mark_failed",
    "mark_sent",
    "number_prompt",
    "number_prompts",
    "post",
    "provider_status",
    "requeue_expired_leases",
    "start",
    "tell",
    "wake",
]
