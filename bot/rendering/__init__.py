"""Rendering of a Say for a channel: text, buttons, lists, segments and attachments."""
