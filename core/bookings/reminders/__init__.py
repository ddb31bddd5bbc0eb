"""Reminders, to customers and to the shop.

`rules` says when one goes, `planning` what waits for a booking, `agenda` what the shop's own people
are told by the clock.
"""
