"""Telegram: the customers' bot by aiogram, the owners' by python-telegram-bot."""
