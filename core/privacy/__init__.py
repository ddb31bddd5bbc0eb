"""Personal data: shown whole (`export`), erased (`erasure`), kept for its days (`retention`).

`personal_data` says what belongs to a person, `audit_log` who changed what.
"""
