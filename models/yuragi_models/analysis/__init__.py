"""Tools for what models do: exponents, scans, excitability, visits to memories."""
