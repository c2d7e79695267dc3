"""The stack that a command is about, with what reads it."""

from __future__ import annotations

import argparse
from typing import NamedTuple

import boto3

from console.reading import Reading
from console.session import session
from console.stack import Stack


class Connection(NamedTuple):
    """A stack, who acts on it, and what reads it."""

    stack: Stack
    session: boto3.Session
    reading: Reading


def connect(options: argparse.Namespace) -> Connection:
    """Find the stack that the options name.

    Raises:
        ConsoleError: there is none, or AWS did not answer.
    """
    opened = session(options.profile, options.region)
    stack = Stack.find(opened, options.stack)
    return Connection(stack, opened, Reading(stack, opened))
