"""Time arithmetic without I/O.

`ticks` turns spans into bit masks, `zones` local time into instants, `opening_masks` opening hours
into masks; `quiet_hours` says when nobody is messaged.
"""
