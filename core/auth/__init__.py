"""Accounts: how a person signs in to the web API, stays signed in, and is signed out.

`by_phone` and `by_password` are the two ways in, `sign_ins` what follows: a family of tokens or a
browser's cookie, which can be listed and ended. `tokens` writes and reads them, `lockout` slows
guessing, `links` are what we mail, `passwords` hashes.
"""
