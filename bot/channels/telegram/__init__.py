"""Telegram: the customer bot on aiogram and the owner bot on python-telegram-bot."""
