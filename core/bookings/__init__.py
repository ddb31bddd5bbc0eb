"""Bookings: held, booked, moved, cancelled, and seen through to their end.

`customer_actions` and `staff_actions` are the verbs; whoever takes time goes through `create` and
`claims`; `transitions` is the one table of states.
"""
