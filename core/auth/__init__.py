"""Signing in to the web API and the page.

`phone_login` and `password_login` are the two ways in, `sessions` what follows: tokens or a
cookie, listed and ended. `tokens` encodes them, `lockout` slows guessing, `email_links` are links
that we mail, `passwords` hashes.
"""
