"""Lava processes; Lava looks for the models of a process in the folder of its module."""
