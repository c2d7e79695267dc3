"""Bugs seeded into copies of the stack, and how many worlds the storm takes to find each."""
