"""Random worlds, requests and faults against the deployed stack, and what must be true of each."""
