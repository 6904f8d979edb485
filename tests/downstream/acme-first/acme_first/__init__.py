"""One plugin of each kind, as the contracts of the first release have them. Never changed: nor do authors change theirs."""
