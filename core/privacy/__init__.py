"""Personal data: exported (`export`), erased (`erasure`) and retained (`retention`).

`personal_data` finds what belongs to a person, `audit_log` who changed what.
"""
