"""Names that the stack shares with those who use it without loading the CDK, which starts Node."""

from __future__ import annotations

from typing import Final

CONTEXT_KEY: Final = "orchestrator"
"""The key of the CDK context that holds the stack's settings."""

COMPLETED: Final = "Orchestration Completed"
"""The detail-type of the event that carries an outcome, whatever its phase."""
