"""People: their addresses, what they verified, and their relation to a shop.

`identities` and `verification` tell who writes, `customers` and `members` what they are to a shop;
`otp` issues one-time codes, `pairing` binds a chat, `consent` and `preferences` store what they
agreed to.
"""
