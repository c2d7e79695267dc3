"""When a timer is polled."""

from lambdas.jobs.cadence import Pace

TICKING = Pace(floor=10, cap=60, growth=0.5)
