"""How a client proves who it is, and whom it trusts: options, and the settings of Kafka that they become."""

from collections.abc import Iterator
from typing import Literal

from ppf_core import OptionsError, PpfError, Secret, local_path, option, options

_LOGIN_MODULES = {
    "PLAIN": "org.apache.kafka.common.security.plain.PlainLoginModule",
    "SCRAM-SHA-256": "org.apache.kafka.common.security.scram.ScramLoginModule",
    "SCRAM-SHA-512": "org.apache.kafka.common.security.scram.ScramLoginModule",
}
_LOGIN = ("mechanism", "username", "password")
_STORES = ("truststore", "truststore_password", "keystore", "keystore_password", "key_password")
_OF_TLS = (*_STORES, "ca_certificate", "certificate", "private_key")
_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n", "\r": r"\r"})


@options
class SecurityOptions:
    """How the brokers are spoken to."""

    protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = option(
        "PLAINTEXT: no security. SSL: TLS. SASL_…: a login, over TLS or without."
    )
    mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = option("The kind of login.", default=None)
    username: str | None = option("Who logs in.", default=None)
    password: Secret | None = option("The password of the login.", default=None)
    ca_certificate: str | None = option(
        "A PEM file with the certificates to trust. The driver reads it; executors need no file.", default=None, path=True
    )
    certificate: str | None = option("A PEM file with the certificate chain of the client.", default=None, path=True)
    private_key: Secret | None = option("The private key of the client, as PEM text (PKCS #8).", default=None)
    truststore: str | None = option(
        "A key store with the certificates to trust; executors read it too.", default=None, path=True
    )
    truststore_password: Secret | None = option("Its password.", default=None)
    truststore_type: Literal["JKS", "PKCS12"] = option("Its format.", default="PKCS12")
    keystore: str | None = option(
        "A key store with the certificate of the client; executors read it too.", default=None, path=True
    )
    keystore_password: Secret | None = option("Its password.", default=None)
    keystore_type: Literal["JKS", "PKCS12"] = option("Its format.", default="PKCS12")
    key_password: Secret | None = option("The password of the private key, where it has one of its own.", default=None)
    check_hostname: bool = option("Whether the certificate of a broker must name its host.", default=True)

    def __post_init__(self) -> None:
        """Says at once what would fail only in the run, or would be passed over."""
        problems = {**self._login_problems(), **self._tls_problems()}
        for name in ("ca_certificate", "certificate", "truststore", "keystore"):
            try:
                local_path(getattr(self, name) or "")
            except ValueError as error:
                problems[name] = str(error)
        if problems:
            raise OptionsError(problems)

    def warnings(self) -> dict[str, str]:
        """What works, and should not be done."""
        if self.protocol == "SASL_PLAINTEXT" and self.mechanism == "PLAIN":
            return {"protocol": "sends the password as it is to whoever listens; use SASL_SSL, or a SCRAM mechanism"}
        return {}

    def settings(self) -> dict[str, str]:
        """The settings of a Kafka client, with the secrets in them."""
        found = {"security.protocol": self.protocol, **dict(self._tls_settings())}
        if self._has_login:
            found |= {"sasl.mechanism": self.mechanism or "", "sasl.jaas.config": self._jaas()}
        return found

    @property
    def _has_login(self) -> bool:
        return self.protocol.startswith("SASL")

    @property
    def _has_tls(self) -> bool:
        return self.protocol.endswith("SSL")

    def _login_problems(self) -> dict[str, str]:
        given = [name for name in _LOGIN if getattr(self, name) is not None]
        if self._has_login:
            return {name: f"is needed with protocol = {self.protocol}." for name in _LOGIN if name not in given}
        return dict.fromkeys(given, f"has no meaning with protocol = {self.protocol}; a login needs SASL_SSL.")

    def _tls_problems(self) -> dict[str, str]:
        given = {name for name in _OF_TLS if getattr(self, name) is not None}
        if not self._has_tls:
            return dict.fromkeys(sorted(given), f"has no meaning with protocol = {self.protocol}, which has no TLS.")
        problems = {}
        for one, other in (("ca_certificate", "truststore"), ("certificate", "keystore")):
            if {one, other} <= given:
                problems[other] = f"says the same as {one}; leave one of them out."
        for one, other in (
            ("certificate", "private_key"),
            ("private_key", "certificate"),
            ("truststore_password", "truststore"),
            ("keystore_password", "keystore"),
            ("keystore", "keystore_password"),
            ("key_password", "keystore"),
        ):
            if one in given and other not in given:
                problems[other] = f"is needed with {one}."
        return problems

    def _jaas(self) -> str:
        """Kafka reads it as a program: a quote in a password must not end it."""
        assert self.mechanism is not None  # noqa: S101 -- `_login_problems` refuses a login without
        assert self.password is not None  # noqa: S101
        who, proof = (str(text).translate(_ESCAPES) for text in (self.username, self.password.reveal()))
        return f'{_LOGIN_MODULES[self.mechanism]} required username="{who}" password="{proof}";'

    def _tls_settings(self) -> Iterator[tuple[str, str]]:
        if not self._has_tls:
            return
        if not self.check_hostname:
            yield "ssl.endpoint.identification.algorithm", ""
        if self.ca_certificate is not None:
            yield "ssl.truststore.type", "PEM"
            yield "ssl.truststore.certificates", _text_of("ca_certificate", self.ca_certificate)
        if self.certificate is not None and self.private_key is not None:
            yield "ssl.keystore.type", "PEM"
            yield "ssl.keystore.certificate.chain", _text_of("certificate", self.certificate)
            yield "ssl.keystore.key", self.private_key.reveal()
        for store in ("truststore", "keystore"):
            path: str | None = getattr(self, store)
            if path is not None:
                yield f"ssl.{store}.location", str(local_path(path))
                yield f"ssl.{store}.type", getattr(self, f"{store}_type")
        for name in ("truststore_password", "keystore_password", "key_password"):
            secret: Secret | None = getattr(self, name)
            if secret is not None:
                yield f"ssl.{name.replace('_', '.')}", secret.reveal()


def _text_of(name: str, path: str) -> str:
    try:
        return local_path(path).read_text()
    except FileNotFoundError:
        raise PpfError(f"There is no file {path!r}.", hint=f"Check security.{name}.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise PpfError(f"The file {path!r} cannot be read: {error}.", hint=f"Check security.{name}.") from error
