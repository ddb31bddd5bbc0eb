"""The simulator behind its page: who is on the stage, what it knows, what can be done."""
