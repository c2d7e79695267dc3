"""Patches of how a Task state calls other AWS services."""
