"""Whose a snapshot is: the stack's own have its tag, and a name that begins like all of them."""

from typing import Final

OWNER_TAG: Final = "orchestrator-stack"
"""The key of the tag; its value is the name of the stack."""

NAME_PREFIX: Final = "orchestrator-"
