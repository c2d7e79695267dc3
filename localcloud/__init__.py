"""The embedded AWS: moto, two strict simulators and one clock, so that the real stack runs on one machine."""
