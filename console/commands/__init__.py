"""The commands of the operator's command line, one module each; `cli` imports the one it runs."""
