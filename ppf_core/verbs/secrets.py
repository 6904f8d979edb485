"""`ppf secrets`: whether every secret that a file names can be had."""

from typing import TYPE_CHECKING, Any

from ppf_core.cli.groups import LazyGroup
from ppf_core.cli.options import pipeline_argument, verb
from ppf_core.cli.output import Output, counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ppf_core.validation.validated import ValidatedPipeline


command = LazyGroup(
    "Check the secrets that a pipeline file names.",
    {"check": f"{__name__}:check"},
    "ppf secrets check flights.conf",
    path="secrets",
)


@verb("ppf secrets check flights.conf", secrets=[], problems=[])
@pipeline_argument
def check(output: Output, pipeline: str, overrides: dict[str, str]) -> int:
    """Ask the backends for every secret of PIPELINE. Prints what can be had and what cannot; never a value."""
    from ppf_core.validation.validate import validate_pipeline

    validated = validate_pipeline(pipeline, overrides)
    validated.require_sound()
    used_by: dict[str, list[str]] = {}
    for reference, user in _uses(validated):
        used_by.setdefault(reference, []).append(user)
    found = _ask(validated, used_by)
    failed = sum(secret["status"] == "error" for secret in found)
    if output.json:
        output.document({"secrets": found, "problems": []}, ok=not failed)
    elif not found:
        output.text(f"{pipeline} names no secrets.")
    else:
        output.table(
            ("reference", "status", "used by", "message"),
            [(each["reference"], each["status"], ", ".join(each["used_by"]), each["message"]) for each in found],
        )
        if failed:
            output.note(f"{counted(failed, 'secret')} of {len(found)} cannot be had.", style="red")
    return 1 if failed else 0


def _uses(validated: "ValidatedPipeline") -> "Iterator[tuple[str, str]]":
    """Each reference with the component that uses it, or with its place in the file when that is no component."""
    from ppf_core.secrets.references import find_secrets

    for name, component in validated.components.items():
        for plugin in (component.plugin, *component.checks):
            yield from dict.fromkeys((text, name) for _, text in plugin.secret_places)
    for block, instances in (("hooks", validated.hooks), ("secrets", validated.backends)):
        for name, instance in instances.items():
            yield from dict.fromkeys((text, f"{block}.{name}") for _, text in instance.secret_places)
    for key, value in validated.file.config.spark.conf.items():
        yield from ((text, f"spark.conf.{key}") for text in find_secrets(value))


def _ask(validated: "ValidatedPipeline", used_by: dict[str, list[str]]) -> list[dict[str, Any]]:
    from ppf_core.resources.secret_values import SecretsResolver
    from ppf_core.secrets.redaction import Redactor

    resolver = SecretsResolver(validated.backends, Redactor(validated.known_secrets))
    failures = resolver.failures(list(used_by))
    resolver.close()
    found: list[dict[str, Any]] = []
    for reference, users in used_by.items():
        error = failures.get(reference)
        message = None if error is None else resolver.redactor.redact(" ".join(filter(None, (error.message, error.hint))))
        status = "ok" if error is None else "error"
        found.append({"reference": reference, "status": status, "message": message, "used_by": list(dict.fromkeys(users))})
    return found
