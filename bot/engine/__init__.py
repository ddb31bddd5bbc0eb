"""Processing of an incoming: stored by `receive`, then handled by `turn_runner` and `turn`."""
