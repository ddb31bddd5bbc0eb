"""The admin pages `/admin`, on which a shop is set up and run; they work without scripts.

It is a client of the web API in the same process, with the cookie and the token of whoever sits in
front of it: what may be done, how it is checked and who is noted to have done it are the API's.
"""
