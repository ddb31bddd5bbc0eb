"""From a Say to what a channel shows: text, buttons, lists, segments, files."""
