"""The outbox: the only exit for anything a person must get.

`posting` puts rows in (every verb may), on the conversations `addressing` finds. Only the
delivery takes them out: `claiming` leases it a batch, `checking` looks at each once more,
`routing` says in which of a person's conversations it goes, `marking` notes what became of it,
`reporting` what the provider said later; where it failed for good, `alarming` tells somebody.
`numbering` gives prompts the numbers people answer with, `wiping` takes codes away once sent,
`reminding` puts in what is due later. `tending` is for whoever looks after it by hand.
"""
