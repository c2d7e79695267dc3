"""A request finds its service without searching the disk.

moto's server lists the folders of its package, some 180 of them, twice for every request.
"""

from __future__ import annotations

from localcloud.patches.patching import Patches, moto


def mend(patches: Patches) -> None:
    """Remember the list."""
    backends = moto("backends")
    names = frozenset(backends.list_of_moto_modules())
    patches.replace(backends, "list_of_moto_modules", lambda: names)
