"""The command line `ppf`."""
