"""Amazon Connect outbound campaigns."""
