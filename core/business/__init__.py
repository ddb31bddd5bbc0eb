"""How a shop does: bookings, money, time, customers, talks – by period, provider, service, channel.

A visit counts on the local date it was agreed for (`bookings.local_date`), so no clock that changes
moves it to another day, nor does a shop that moves to another zone. Money is summed as whole minor
units, apart for each currency.
"""

from core.business.scope import Scope, scope_of
from core.business.talks import Left, Talks, talks
from core.business.tally import RESERVED, STANDING, Revenue, Tally
from core.business.time_used import Used, used
from core.business.visits import (
    Bucket,
    Customers,
    Figures,
    Hour,
    figures,
)
from core.business.whole import ShopLine, Whole, whole

__all__ = [
    "RESERVED",
    "STANDING",
    "Bucket",
    "Customers",
    "Figures",
    "Hour",
    "Left",
    "Revenue",
    "Scope",
    "ShopLine",
    "Talks",
    "Tally",
    "Used",
    "Whole",
    "figures",
    "scope_of",
    "talks",
    "used",
    "whole",
]
