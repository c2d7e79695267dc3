"""A machine's definition is parsed once.

moto parses the whole definition again, with a pure Python ANTLR parser, whenever an execution
starts: some 0.4 s for a machine of twenty states. Its parsed components hold no state of an
execution, so that they can be shared.
"""

from __future__ import annotations

from functools import lru_cache

from localcloud.patches.patching import ASL, Patches, moto

_DEFINITIONS = 64


def mend(patches: Patches) -> None:
    """Remember the definitions parsed last."""
    parser = moto(f"{ASL}.parse.asl_parser").AmazonStateLanguageParser
    remembering = lru_cache(maxsize=_DEFINITIONS)(parser.parse)
    patches.replace(parser, "parse", staticmethod(remembering))
