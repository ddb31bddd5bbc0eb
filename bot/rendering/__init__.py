"""bot/rendering."""
