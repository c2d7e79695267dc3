"""The operator's command and page: what goes on in the orchestrator, and how to act on it."""
