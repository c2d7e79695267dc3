"""The function host: runs each deployed function's own code in warm, disposable processes."""
