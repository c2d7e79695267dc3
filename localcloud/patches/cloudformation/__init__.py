"""Patches of CloudFormation: templates, stacks and the resources they create."""
