"""The sample shops of the demo, their seed, and the simulator's database access."""
