"""The outbox: the only exit for anything a person must get.

`enqueue` adds rows (every verb may) on the conversations that `recipients` finds. Only the
sender takes them out: `claim` leases a batch, `presend_checks` looks at each once more, `routing`
chooses the conversation, `acknowledge` records the result, `delivery_status` what the provider
reported later, `failure_alerts` tells somebody what failed for good. `prompts` numbers options,
`redact` wipes codes once sent, `reminders` adds what is due later, `admin` is for operators.
"""
