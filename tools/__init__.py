"""Building, synthesising, deploying and testing the stack, and generating its documentation."""
