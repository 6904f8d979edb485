"""What went wrong between us and a Vault, in words of our own: the texts of the server are never passed on."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ppf_core import PpfError
from ppf_secrets_vault.options import VaultOptions

_LOGIN = {
    "token": "Vault does not take the token: it is wrong, or has expired. Set another 'token'.",
    "approle": "Vault does not take 'role_id' and 'secret_id'. They may be wrong, expired or used up: make a new secret_id.",
    "kubernetes": "Vault does not take the service account for 'role'. Check the role, its namespaces and 'jwt_path'.",
}

Unless = Callable[[int], Exception | None]


@contextmanager
def told(options: VaultOptions, unless: Unless = lambda _status: None) -> Iterator[None]:
    """Turns failures of the client into what the kernel understands. unless: knows better what a status of HTTP means here.

    Without their causes: these hold the address with what stands in it, and what the server said.
    """
    from hvac.exceptions import VaultError
    from requests import RequestException

    try:
        yield
    except VaultError as error:
        status = status_of(error)
        raise (unless(status) or _answered(status, options)) from None
    except RequestException as error:
        raise _not_answered(error, options) from None


def refused_login(options: VaultOptions) -> Unless:
    """What the refusal of a login means."""
    return lambda status: PermissionError(_LOGIN[options.auth]) if status in (400, 401, 403) else None


def status_of(error: Exception) -> int:
    """The status of HTTP behind an exception of the client; 0 where it has none."""
    from hvac import exceptions

    known = {
        exceptions.InvalidRequest: 400,
        exceptions.Unauthorized: 401,
        exceptions.Forbidden: 403,
        exceptions.InvalidPath: 404,
        exceptions.RateLimitExceeded: 429,
        exceptions.InternalServerError: 500,
        exceptions.VaultNotInitialized: 501,
        exceptions.BadGateway: 502,
        exceptions.VaultDown: 503,
    }
    return known.get(type(error), 0)


def _answered(status: int, options: VaultOptions) -> PpfError:
    told_by_status = {
        404: ("has nothing at the address of the login.", "Check 'url', 'auth_mount' and 'namespace'."),
        429: ("has too many requests, also after several attempts.", "Run again later, or raise its quota."),
        501: ("is not initialised.", "Initialise it, or correct 'url'."),
        503: ("is sealed, or under maintenance.", "Unseal it."),
    }
    text, hint = told_by_status.get(status, (f"failed with HTTP {status or '?'}.", "Look at the logs of the server."))
    return PpfError(f"The Vault at {options.place} {text}", hint=hint)


def _not_answered(error: Exception, options: VaultOptions) -> PpfError:
    from requests import exceptions

    if isinstance(error, exceptions.SSLError):
        hint = "Name the file with the right certificates in 'ca_cert'."
        return PpfError(f"The certificate of the Vault at {options.place} is not trusted.", hint=hint)
    if isinstance(error, exceptions.Timeout):
        hint = "Check the network, 'url' and 'timeout'."
        return PpfError(f"The Vault at {options.place} did not answer within {options.timeout:g} s.", hint=hint)
    return PpfError(f"The Vault at {options.place} cannot be reached.", hint="Check the network and 'url'.")
