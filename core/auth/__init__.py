"""Sign-in for the web API and the pages.

`phone_login` and `password_login` sign a user in; `sessions` issues, lists and ends auth sessions
(bearer tokens or a cookie); `tokens` encodes them, `lockout` slows down guessing, `email_links`
handles mailed links and `passwords` hashes.
"""
