"""What a flow may use: the talk, its journal, the open prompts."""
