"""Message texts in every language, and the formatting of figures and dates."""
