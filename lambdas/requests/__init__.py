"""The contract of a request, its acceptance, its plan and its outcome."""
