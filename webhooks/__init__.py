"""Where HTTP comes in."""
