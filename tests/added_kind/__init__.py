"""A kind that tests add to a copy of the product, as docs/changing.md says."""
