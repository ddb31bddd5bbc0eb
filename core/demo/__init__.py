"""The sample shops of the demo and the seed that fills them."""
