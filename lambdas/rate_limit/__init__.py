"""One rate of calls for all executions."""
