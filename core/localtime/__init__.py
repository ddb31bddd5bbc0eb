"""Clock and calendar arithmetic: pure, no I/O.

`ticks` turns spans into bit masks, `zones` wall time into instants, `opening_masks` opening hours
into masks, `quiet_hours` says when nobody is written to.
"""
