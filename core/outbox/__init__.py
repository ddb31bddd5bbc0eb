"""The outbox: the only exit for anything a person must get.

`posting` puts rows in (every verb may), on the conversations `addressing` finds. Only the
delivery takes them out: `claiming` leases it a batch, `checking` looks at each once more,
`routing` says in which of a person's conversations it goes, `marking` notes what became of it,
`reporting` what the provider said later; where it failed for good, `alarming` tells somebody.
`numbering` gives prompts the numbers people answer with, `wiping` takes codes away once sent,
`reminding` puts in what is due later. `tending` is for whoever looks after it by hand.
"""

from core.outbox.addressing import SIMULATED, Booked
from core.outbox.asking import ask, home, reachable
from core.outbox.claiming import Outgoing, claim_due
from core.outbox.finishing import Done, finish_all
from core.outbox.marking import (
    ATTEMPTS,
    LEASE,
    UNCERTAIN_ATTEMPTS,
    mark_failed,
    mark_sent,
    release,
    requeue_expired_leases,
    start,
)
from core.outbox.numbering import number_prompt, number_prompts
from core.outbox.posting import alert, alert_admins, drop, post, tell, wake
from core.outbox.reminding import Later, Reminded, forget, remind, reword
from core.outbox.reporting import opted_out, opted_out_how, provider_status
from core.outbox.routing import ORDER, free_form
from core.outbox.tending import STATES, Entry, Which, entries, give_up_waiting, listed, retry

__all__ = [
    "ATTEMPTS",
    "LEASE",
    "ORDER",
    "SIMULATED",
    "STATES",
    "UNCERTAIN_ATTEMPTS",
    "Booked",
    "Done",
    "Entry",
    "Later",
    "Outgoing",
    "Reminded",
    "Which",
    "alert",
    "alert_admins",
    "ask",
    "claim_due",
    "drop",
    "entries",
    "finish_all",
    "forget",
    "free_form",
    "give_up_waiting",
    "home",
    "listed",
    "mark_failed",
    "mark_sent",
    "number_prompt",
    "number_prompts",
    "opted_out",
    "opted_out_how",
    "post",
    "provider_status",
    "reachable",
    "release",
    "remind",
    "requeue_expired_leases",
    "retry",
    "reword",
    "start",
    "tell",
    "wake",
]
