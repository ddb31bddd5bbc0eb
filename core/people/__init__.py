"""People: their addresses, what they proved, and who they are to a shop.

`identities` and `verification` say who is at the other end, `customers` and `members` what they
are to a shop, `otp` sends one-time codes, `pairing` binds a chat, `consent` and `preferences` hold
what they agreed to.
"""
