"""Requests: who may make them, what starts them, the functions that accept and plan them."""
