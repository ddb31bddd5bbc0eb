"""What is known of a person: shown to them whole, and forgotten when they ask.

`whose` says what belongs to a person, `telling` writes it out, `forgetting` does away with it.
"""

from core.privacy.forgetting import ERASED, NOBODY, Erased, erase
from core.privacy.telling import export
from core.privacy.whose import Person, customer, user

__all__ = ["ERASED", "NOBODY", "Erased", "Person", "customer", "erase", "export", "user"]
