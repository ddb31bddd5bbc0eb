"""People: how they are reached, what they proved, and who they are to a shop.

`phones` reads numbers, `identities` says who is at the other end of a conversation, `proving` is
how that comes about and ends, `shops` knows who is a customer and who works where, `consent`
what people said to being written to.
"""
