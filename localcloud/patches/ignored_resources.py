"""A template's resources that moto does not know are passed over without noise.

moto prints two warnings for each, on every deployment. None of them matters to what runs here; they
are logged as information under this module's name.
"""

from __future__ import annotations

import logging
from types import SimpleNamespace

from localcloud.patches.patching import Patches, moto

_LOG = logging.getLogger(__name__)


def mend(patches: Patches) -> None:
    """Lower the warnings of CloudFormation's parser."""

    def tell(message: str, *args: object, **_: object) -> None:
        _LOG.info(message, *args)

    parsing = moto("cloudformation.parsing")
    patches.replace(parsing, "warnings", SimpleNamespace(warn=tell))
    patches.replace(parsing, "logger", SimpleNamespace(warning=tell))
