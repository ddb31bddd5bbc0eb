"""The database: connections, transactions, tables, migrations.

`runtime` opens it and commits, `context` is one transaction, `caches` what outlives it, `tables`
holds every table; the driver is private.
"""
