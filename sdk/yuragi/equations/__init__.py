"""Equation texts: parsed once, evaluated in NumPy, counted, differentiated, written as kernels."""
