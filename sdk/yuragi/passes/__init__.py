"""Passes: each takes a valid graph and a profile and gives a valid graph. One pass a file."""
