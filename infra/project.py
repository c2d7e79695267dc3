"""The project's files that the stack is made of, and where its settings are.

For everybody, also those that do without the CDK, whose import starts Node.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
LAYER: Final = ROOT / "build" / "layer.zip"
CDK_JSON: Final = ROOT / "cdk.json"

CONTEXT_KEY: Final = "orchestrator"
"""The key of the CDK context that holds the stack's settings."""

PYTHON: Final = "3.13"
"""The version of Python that the functions run, and that their layer is built for."""
