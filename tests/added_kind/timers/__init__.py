"""Timers: the kind that tests add to the product."""
