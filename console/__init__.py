"""The operator's command and page: what goes on in the orchestrator, and how to act on it."""

from typing import Final

PROGRAM: Final = "orchestrator"
"""What the command calls itself, and is installed as."""
