"""The project's files that the stack is made of, and the settings in cdk.json.

For everybody, also those that do without the CDK, whose import starts Node.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parent.parent
LAYER: Final = ROOT / "build" / "layer.zip"
CDK_JSON: Final = ROOT / "cdk.json"

CONTEXT_KEY: Final = "orchestrator"
"""The key of the CDK context that holds the stack's settings."""

PYTHON: Final = "3.13"
"""The version of Python that the functions run, and that their layer is built for."""


def cdk_context() -> dict[str, Any]:
    """Return the context of cdk.json: the CDK's feature flags, and the stack's settings."""
    context: dict[str, Any] = json.loads(CDK_JSON.read_text(encoding="utf-8"))["context"]
    return context
