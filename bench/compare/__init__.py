"""The same jobs in the same worlds, done by this orchestrator and by what teams write instead."""
