"""A template in JSON is read as JSON.

moto reads every template as YAML, of which JSON is a part, several times for each deployment; that
takes hundreds of times as long, and most of a deployment.
"""

from __future__ import annotations

import json
from types import SimpleNamespace

from localcloud.patches.patching import Moto, Patches, moto

_READERS = ("cloudformation.models", "cloudformation.responses")


def mend(patches: Patches) -> None:
    """Give the modules that read templates another `yaml.load`."""
    yaml = moto("cloudformation.models").yaml

    def load(text: str, Loader: Moto) -> Moto:  # noqa: N803 - as yaml.load has it
        try:
            return json.loads(text)
        except ValueError:
            return yaml.load(text, Loader=Loader)

    reader = SimpleNamespace(**{**vars(yaml), "load": load})
    for name in _READERS:
        patches.replace(moto(name), "yaml", reader)
