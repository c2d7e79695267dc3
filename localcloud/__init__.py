"""The embedded AWS: moto, two strict simulators and one clock, for the real stack."""
