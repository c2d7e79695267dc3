"""Patches of EventBridge: what its targets receive, and what could not be delivered."""
