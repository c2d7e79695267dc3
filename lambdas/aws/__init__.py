"""AWS behind small classes; every error that leaves here has a name."""
