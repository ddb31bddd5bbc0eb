"""The words in every language, and how figures and dates are written."""
