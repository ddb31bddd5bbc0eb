"""The outbox: the only way out for a message.

`enqueue` adds rows, `staff_alerts` those for the people that `alert_recipients` finds, in
conversations of `recipients`. Only the sender takes them out:
`claim` leases a batch, `presend_checks` checks each row again, `routing` chooses the conversation,
`acknowledge` records the result, `delivery_status` the provider's later reports, and
`failure_alerts` handles what failed for good. `prompts` numbers options, `redact` removes secrets
once sent, `reminders` adds rows due later, and `admin` is for operators.
"""
