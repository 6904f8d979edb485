"""A backend that knows one secret."""

from ppf_core import Fetched, SecretsBackend, option, options


@options
class StrongboxOptions:
    """What opens."""

    word: str = option("What opens.", default="open-sesame")


class Strongbox(SecretsBackend[StrongboxOptions]):
    """Opens the ledger."""

    def fetch(self, key: str, field: str | None) -> Fetched | str:
        if key != "ledger":
            raise KeyError(key)
        return self.options.word
