"""Patches of Step Functions executions: their backend, histories and API answers."""
