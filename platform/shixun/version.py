"""The one place of the version; hatchling reads it."""

__version__ = "0.1.0"
