"""State machine definitions are parsed once, and may tolerate 100 percent.

moto parses the definition again whenever an execution starts, with an ANTLR parser in pure Python
that takes about 0.4 s for twenty states. The parsed components hold no state of an execution, so
that executions can share them. moto's grammar rejects a ToleratedFailurePercentage without a
decimal point, which AWS accepts.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from localcloud.patches.expressions.fields import name_fields
from localcloud.patches.patching import ASL, Patches, moto

_DEFINITIONS = 64
_parsed: dict[str, object] = {}
"""For all local clouds of this process: the same stack has the same definition in each."""

_WHOLE_PERCENTAGE = re.compile(r'("ToleratedFailurePercentage"\s*:\s*\d+)(?=\s*[,}])')


def apply(patches: Patches) -> None:
    """Cache the parser's results, and write whole percentages with a decimal point."""

    def parse(definition: str) -> object:
        if definition not in _parsed:
            if len(_parsed) == _DEFINITIONS:
                del _parsed[next(iter(_parsed))]
            program, tree = original(_WHOLE_PERCENTAGE.sub(r"\1.0", definition))
            name_fields(program)
            _parsed[definition] = program, tree
        return _parsed[definition]

    parser = moto(f"{ASL}.parse.asl_parser").AmazonStateLanguageParser
    original: Callable[[str], tuple[Any, Any]] = parser.parse
    patches.replace(parser, "parse", staticmethod(parse))
