"""Replaces attributes of moto, and restores all of them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

from localcloud.clock import VirtualClock

Moto = Any
"""An object of moto's interpreter, which is not typed."""

Json = Any
"""A value that JSON can hold."""

ASL = "stepfunctions.parser.asl"
"""Where moto keeps its interpreter of the Amazon States Language."""


def moto(name: str) -> Moto:
    """Import one of moto's modules, which must not happen before MOTO_PORT is set."""
    return import_module(f"moto.{name}")


def _modules_of(package: str) -> list[Moto]:
    return [module for name, module in sys.modules.items() if name.startswith(f"moto.{package}")]


class Patches:
    """The patches that are applied, how to undo them, and the clock that they use.

    No attribute is patched twice, so that the order of patches does not matter.
    """

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self._undo: list[Callable[[], None]] = []
        self._patched: set[tuple[int, str]] = set()

    def replace(self, owner: Moto, name: str, value: object) -> Moto:
        """Set an attribute that the owner itself has, and return its former value.

        Raises KeyError if the owner has none: moto has changed, and so must the patch.
        """
        self._claim(owner, name)
        before = vars(owner)[name]
        setattr(owner, name, value)
        self._undo.append(lambda: setattr(owner, name, before))
        return before

    def add(self, owner: Moto, name: str, value: object) -> None:
        """Set an attribute that the owner itself lacks; raises AttributeError if it has one."""
        if name in vars(owner):
            raise AttributeError(f"{owner} has its own {name} now: review this patch")
        setattr(owner, name, value)
        self._undo.append(lambda: delattr(owner, name))

    def replace_imports(self, package: str, name: str, value: object) -> None:
        """Replace a function in every module of moto that imported it by name."""
        for module in _modules_of(package):
            if name in vars(module):
                self.replace(module, name, value)

    def replace_everywhere(self, package: str, original: object, value: object) -> None:
        """Replace an object in every module of moto that imported it, under whatever name."""
        for module in _modules_of(package):
            for name in [name for name, found in vars(module).items() if found is original]:
                self.replace(module, name, value)

    def replace_item(self, owner: Moto, key: str, value: object) -> None:
        """Set an entry that a dictionary has."""
        before = owner[key]
        owner[key] = value
        self._undo.append(lambda: owner.__setitem__(key, before))

    def add_item(self, owner: Moto, key: str, value: object) -> None:
        """Set an entry that a dictionary lacks; raises KeyError if it has one."""
        if key in owner:
            raise KeyError(f"moto has its own {key} now: review this patch")
        owner[key] = value
        self._undo.append(lambda: owner.pop(key))

    def afterwards(self, undo: Callable[[], None]) -> None:
        """Have something else done when the patches are undone."""
        self._undo.append(undo)

    def undo(self) -> None:
        """Restore everything, the last patch first."""
        self._patched.clear()
        while self._undo:
            self._undo.pop()()

    def _claim(self, owner: Moto, name: str) -> None:
        if (id(owner), name) in self._patched:
            raise RuntimeError(f"{owner}.{name} is patched twice")
        self._patched.add((id(owner), name))
