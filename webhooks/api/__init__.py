"""The web API, `/api/v1`: what a person can do in chat, a program can do here, and a bit more.

Routes are thin: they check what came, call a verb of core within one transaction, and say what is
now. Who may call which is one table, `permissions`; what every call has in common is `calls`.
"""
