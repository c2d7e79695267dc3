"""What every kind of job shares: the unit of work, a reconcile pass's result, phases, cadence."""
