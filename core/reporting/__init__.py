"""How a shop does: bookings, money, time, customers, talks – by period, provider, service, channel.

A visit counts on the local date it was agreed for (`bookings.local_date`), so no clock that changes
moves it to another day, nor does a shop that moves to another zone. Money is summed as whole minor
units, apart for each currency.
"""
