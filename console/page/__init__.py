"""The page: one process on loopback that serves files, a JSON API, and changes as they happen."""

from console.page.server import serve

__all__ = ["serve"]
