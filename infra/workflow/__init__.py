"""The state machine: what a request does, what each of its children does, and what is retried."""
