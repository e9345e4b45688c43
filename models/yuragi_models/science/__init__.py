"""Targets by family: `FAMILY.yaml` lists them, the module beside it holds their checks.

To add a family: one YAML file, and one module of the same name with
`CHECKS = {"ID": function}`. Nothing else is registered; `yuragi science` finds both.
"""
