"""The web API `/api/v1`: everything that can be done in chat, and more, for programs.

Routes are thin: they check what came, call a verb of core within one transaction, and say what is
now. Who may call which is one table, `permissions`; what every call has in common is `calls`.
"""
