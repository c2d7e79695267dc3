"""The embedded AWS: moto, two strict simulators and one clock, for the real stack."""

from typing import Final

PROGRAM: Final = "localcloud"
"""What its command lines call themselves."""
