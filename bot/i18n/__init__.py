"""bot/i18n."""
