"""Real servers, and strict stand-ins for other people's, all on this machine only."""
