"""Measures the orchestrator by real runs on the local AWS and writes docs/measurements.md."""
