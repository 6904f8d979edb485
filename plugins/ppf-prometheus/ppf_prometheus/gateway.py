"""Pushing to a Pushgateway."""

from http.client import HTTPException
from urllib.error import HTTPError, URLError

from prometheus_client import pushadd_to_gateway

from ppf_prometheus.metrics import Metrics


def push(gateway: str, metrics: Metrics, *, job: str, pipeline: str, timeout: float) -> None:
    """Gives the metrics of a run to the gateway, in the group of its pipeline; OSError when the gateway does not take them.

    Only metrics of the same name are replaced: when a run failed, the time of the last success stays.
    """
    try:
        pushadd_to_gateway(gateway, job=job, registry=metrics, grouping_key={"pipeline": pipeline}, timeout=timeout)
    except (OSError, HTTPException, ValueError) as error:
        hint = "Start it, or correct 'pushgateway'."
        raise OSError(f"The Pushgateway {gateway!r} did not take the metrics: {_reason(error, timeout)}. {hint}") from error


def _reason(error: Exception, timeout: float) -> str:
    cause = error.reason if isinstance(error, URLError) and not isinstance(error, HTTPError) else error
    if isinstance(cause, TimeoutError):
        return f"no answer within {timeout:g} s"
    if isinstance(cause, OSError) and not isinstance(cause, HTTPError):
        return cause.strerror or str(cause)
    return str(cause)
