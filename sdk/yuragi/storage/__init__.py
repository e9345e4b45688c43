"""Graphs on disk: folders `*.yg`, readable and without loss."""

from yuragi.storage.folder import load, save

__all__ = ["load", "save"]
