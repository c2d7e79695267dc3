"""Patches of the States Language: definitions and JSONata expressions."""
