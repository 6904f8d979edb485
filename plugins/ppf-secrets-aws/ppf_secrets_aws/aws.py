"""Secrets that AWS Secrets Manager keeps."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any, ClassVar

from ppf_core import OptionsError, SecretsBackend, json_field, option, options
from ppf_secrets_aws.failures import explained

_ATTEMPTS = 4


@options
class AwsOptions:
    """Whose secrets are meant. Credentials are found as by every client of AWS: environment, profile, or the machine's role."""

    region: str | None = option("The region; else that of an ARN, of the profile, or of the environment.", default=None)
    endpoint_url: str | None = option("Where Secrets Manager answers, if not at AWS's own address.", default=None)
    profile: str | None = option("The profile of AWS's configuration files to use.", default=None)
    version_stage: str = option("Which version of a secret is meant.", default="AWSCURRENT")
    timeout: float = option("Seconds that one request may take.", default=10)

    def __post_init__(self) -> None:
        """Says at once what would fail only in the run."""
        problems = {}
        if self.endpoint_url is not None and not self.endpoint_url.startswith(("https://", "http://")):
            problems["endpoint_url"] = "must be a URL that begins with https:// or http://."
        if self.timeout <= 0:
            problems["timeout"] = f"must be above 0, not {self.timeout:g}."
        if problems:
            raise OptionsError(problems)


class AwsBackend(SecretsBackend[AwsOptions]):
    """Fetches secrets from AWS Secrets Manager: `secret://aws/prod/db#password`. The key is a secret's name or its ARN.

    A binary secret is given as base64 text. Throttling and failures of the network are tried again.
    """

    examples: ClassVar = ("", "region = eu-central-1, version_stage = AWSPREVIOUS", "profile = prod, timeout = 5")

    _clients: dict[str | None, Any] | None = None
    _lock: ClassVar = Lock()

    def fetch(self, key: str, field: str | None) -> str:
        """The secret's text, or one field of it where it is a JSON object."""
        with self._explained(key):
            found = self._client(_region_of(key)).get_secret_value(SecretId=key, VersionStage=self.options.version_stage)
        text: str | None = found.get("SecretString")
        if text is not None:
            return text if field is None else json_field(text, field)
        if field is not None:
            raise LookupError(f"The secret is binary, so it has no field {field!r}. Leave out '#{field}'.")
        return base64.b64encode(found["SecretBinary"]).decode()

    def close(self) -> None:
        """Closes the connections."""
        clients, self._clients = self._clients, None
        for client in (clients or {}).values():
            client.close()

    def _client(self, region: str | None) -> Any:
        """Clients may be shared by threads, but are not to be made by two at once."""
        region = self.options.region or region
        with self._lock:
            if self._clients is None:
                self._clients = {}
            if region not in self._clients:
                self._clients[region] = self._new_client(region)
            return self._clients[region]

    def _new_client(self, region: str | None) -> Any:
        import boto3
        from botocore.config import Config

        seconds = self.options.timeout
        config = Config(
            connect_timeout=seconds,
            read_timeout=seconds,
            retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
            max_pool_connections=32,
        )
        session = boto3.session.Session(profile_name=self.options.profile, region_name=region)
        return session.client("secretsmanager", endpoint_url=self.options.endpoint_url, config=config)

    @contextmanager
    def _explained(self, key: str) -> Iterator[None]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except (BotoCoreError, ClientError) as error:
            # Without its cause: what AWS answered is not for eyes that read a log.
            raise explained(error, key, self.options.version_stage, self.options.timeout) from None


def _region_of(key: str) -> str | None:
    parts = key.split(":")
    return parts[3] if parts[0] == "arn" and len(parts) > 5 and parts[3] else None
