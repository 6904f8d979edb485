"""Secrets that the environment holds."""

import os
from typing import ClassVar

from ppf_core import SecretsBackend, json_field, option, options


@options
class EnvOptions:
    """Which variables are meant."""

    prefix: str = option("What the names of the variables begin with; a key is written without it.", default="")


class EnvBackend(SecretsBackend[EnvOptions]):
    """Fetches secrets from environment variables: `secret://env/DB_PASSWORD`, or `secret://env/DB#password` of a JSON value."""

    examples: ClassVar = ("", "prefix = FLIGHTS_")

    def fetch(self, key: str, field: str | None) -> str:
        """The variable's value, or one field of it where it is a JSON object."""
        name = self.options.prefix + key
        value = os.environ.get(name)
        if value is None:
            raise LookupError(f"The environment variable {name!r} is not set. Set it before ppf starts, or correct the key.")
        return value if field is None else json_field(value, field)
