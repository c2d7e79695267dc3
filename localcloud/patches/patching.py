"""Replaces parts of moto, and puts every one of them back."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

from localcloud.clock import SimulatedClock

Moto = Any
"""An object of moto's interpreter, which is not typed."""

Json = Any
"""A value that JSON can hold."""

ASL = "stepfunctions.parser.asl"
"""Where moto keeps its interpreter of the Amazon States Language."""


def moto(name: str) -> Moto:
    """Return one of moto's modules; they are imported late, after MOTO_PORT is set."""
    return import_module(f"moto.{name}")


class Patches:
    """What has been replaced and how to undo it, and the clock that replacements go by."""

    def __init__(self, clock: SimulatedClock) -> None:
        self.clock = clock
        self._undo: list[Callable[[], None]] = []

    def replace(self, owner: Moto, name: str, value: object) -> Moto:
        """Set an attribute that the owner itself has, and return what it was.

        Raises KeyError when it has none: then moto has changed, and so must the joint.
        """
        before = vars(owner)[name]
        setattr(owner, name, value)
        self._undo.append(lambda: setattr(owner, name, before))
        return before

    def add(self, owner: Moto, name: str, value: object) -> None:
        """Set an attribute that the owner itself does not have; raises AttributeError if it has."""
        if name in vars(owner):
            raise AttributeError(f"{owner} has its own {name} now: look at this joint again")
        setattr(owner, name, value)
        self._undo.append(lambda: delattr(owner, name))

    def replace_imports(self, package: str, name: str, value: object) -> None:
        """Replace a function in every module of moto that imported it by name."""
        for module_name, module in list(sys.modules.items()):
            if module_name.startswith(f"moto.{package}") and name in vars(module):
                self.replace(module, name, value)

    def replace_item(self, owner: Moto, key: str, value: object) -> None:
        """Set an entry of a dictionary that has it."""
        before = owner[key]
        owner[key] = value
        self._undo.append(lambda: owner.__setitem__(key, before))

    def add_item(self, owner: Moto, key: str, value: object) -> None:
        """Set an entry of a dictionary that has none; raises KeyError if it has."""
        if key in owner:
            raise KeyError(f"moto has its own {key} now: look at this joint again")
        owner[key] = value
        self._undo.append(lambda: owner.pop(key))

    def afterwards(self, undo: Callable[[], None]) -> None:
        """Have something else done when everything is put back."""
        self._undo.append(undo)

    def undo(self) -> None:
        """Put everything back, the last replacement first."""
        while self._undo:
            self._undo.pop()()
