"""What went wrong with a request to Secrets Manager, in words of its own: the texts of AWS are never passed on."""

from typing import Any

from ppf_core import PpfError

_DENIED = {
    "403": "the request is not allowed",
    "AccessDenied": "the identity may not read it",
    "AccessDeniedException": "the identity may not read it",
    "DecryptionFailure": "its key cannot be used to decrypt it; allow kms:Decrypt",
    "ExpiredToken": "the credentials have expired",
    "ExpiredTokenException": "the credentials have expired",
    "IncompleteSignature": "the credentials are wrong",
    "InvalidClientTokenId": "the credentials are wrong",
    "InvalidSignatureException": "the credentials are wrong",
    "MissingAuthenticationToken": "the credentials are wrong",
    "SignatureDoesNotMatch": "the credentials are wrong",
    "UnrecognizedClientException": "the credentials are wrong",
}
_THROTTLED = {"ThrottlingException", "Throttling", "TooManyRequestsException", "RequestLimitExceeded", "SlowDown", "429"}


def explained(error: Exception, key: str, stage: str, seconds: float) -> Exception:
    """The exception that tells the kernel, and a person, what a failure of botocore means."""
    answer: dict[str, Any] = getattr(error, "response", {})
    if not answer:
        return _without_answer(error, seconds)
    code = str(answer.get("Error", {}).get("Code", "?"))
    status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode")
    if code == "ResourceNotFoundException":
        return LookupError(f"Secrets Manager has no secret {key!r} with the stage {stage!r}. Check name, stage and region.")
    if code == "InvalidRequestException":
        return LookupError(f"The secret {key!r} is marked for deletion. Restore it, or name another one.")
    if code in ("InvalidParameterException", "ValidationException"):
        return LookupError(f"{key!r} is no name and no ARN of a secret. Check the key.")
    if code in _DENIED:
        hint = "Allow secretsmanager:GetSecretValue to the identity of this run, or correct its credentials."
        return PermissionError(f"Secrets Manager answers {code}: {_DENIED[code]}. {hint}")
    if code in _THROTTLED:
        hint = "Run again later, or raise the quota of the account."
        return PpfError("Secrets Manager is throttling requests, also after several attempts.", hint=hint)
    return PpfError(f"Secrets Manager answers {code} (HTTP {status}).", hint="Look at the health of the service.")


def _without_answer(error: Exception, seconds: float) -> PpfError:
    kind = type(error).__name__
    told = {
        "NoCredentialsError": ("There are no credentials for AWS.", "Set them in the environment, or set 'profile'."),
        "PartialCredentialsError": ("The credentials for AWS are incomplete.", "Set key and secret key."),
        "CredentialRetrievalError": ("The credentials for AWS cannot be fetched.", "Check the profile, or the role."),
        "ProfileNotFound": ("AWS's configuration files hold no such profile.", "Correct 'profile'."),
        "NoRegionError": ("No region is known.", "Set 'region'."),
        "InvalidRegionError": ("The region is not valid.", "Correct 'region'."),
        "EndpointConnectionError": ("Secrets Manager cannot be reached.", "Check the network, 'region' and 'endpoint_url'."),
    }
    if "Timeout" in kind:
        hint = "Check the network, 'endpoint_url' and 'timeout'."
        return PpfError(f"Secrets Manager did not answer within {seconds:g} s, also when it was asked again.", hint=hint)
    message, hint = told.get(kind, (f"The request to Secrets Manager failed ({kind}).", "Check the options of the backend."))
    return PpfError(message, hint=hint)
