"""A ToleratedFailurePercentage of 100 is a number.

moto's grammar takes one of 100.0, but not one of 100.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from localcloud.patches.patching import ASL, Patches, moto

_WHOLE_PERCENTAGE = re.compile(r'("ToleratedFailurePercentage"\s*:\s*\d+)(?=\s*[,}])')


def mend(patches: Patches) -> None:
    """Write whole percentages as the grammar wants them, before it reads them."""

    def parse(definition: str) -> object:
        return original(_WHOLE_PERCENTAGE.sub(r"\1.0", definition))

    parser = moto(f"{ASL}.parse.asl_parser").AmazonStateLanguageParser
    original: Callable[[str], object] = parser.parse
    patches.replace(parser, "parse", staticmethod(parse))
