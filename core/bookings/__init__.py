"""Bookings: created, moved, cancelled, and carried out.

`customer_actions` and `staff_actions` are the operations; whatever claims time goes through
`create` and `claims`; `transitions` is the table of states.
"""
