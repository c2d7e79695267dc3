"""Code that runs in processes of its own; it imports nothing of the project."""
