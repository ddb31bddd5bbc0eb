"""Reports: bookings, revenue, time, customers and conversations by period and dimension.

A visit counts on the local date that was agreed (`bookings.local_date`), whatever happens to clocks
or to the shop's zone. Money is summed in whole minor units, separately per currency.
"""
