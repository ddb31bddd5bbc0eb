"""The database: connections, transactions, tables and migrations.

`runtime` opens it and commits, `context` is one transaction, `caches` holds what outlives it,
`tables` defines every table; the SQLite driver is private.
"""
