"""Strings of a definition mean what JSON says they mean.

moto takes the strings of Assign, of keys and of names as they are written, escapes included, and
reads the other ones as Python would, which splits characters beyond U+FFFF.
"""

from __future__ import annotations

import json

from localcloud.patches.patching import ASL, Moto, Patches, moto


def mend(patches: Patches) -> None:
    """Read all string literals as JSON."""
    preprocessor = moto(f"{ASL}.parse.preprocessor")

    def inner_string(parser_rule_context: Moto) -> str | None:
        if preprocessor.is_terminal(parser_rule_context, preprocessor.ASLLexer.NULL):
            return None
        return text(parser_rule_context)

    def text(parser_rule_context: Moto) -> str:
        written = str(parser_rule_context.getText())
        return str(json.loads(written)) if written.startswith('"') else written

    patches.replace(preprocessor.Preprocessor, "_inner_string_of", staticmethod(inner_string))
    patches.replace(preprocessor, "from_string_literal", text)
