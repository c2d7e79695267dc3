"""A rate limit that all executions share."""
