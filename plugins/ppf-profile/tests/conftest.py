"""The command line as a function."""

from command_line import ppf

__all__ = ["ppf"]
