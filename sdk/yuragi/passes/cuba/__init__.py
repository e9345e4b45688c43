"""Loihi's fixed-function compartment in integers: its readings, and the networks that fit it."""
