"""What plugin authors write against. Plugins import these names from `ppf_core`, never from here."""
