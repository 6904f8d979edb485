"""The plugins of the distributions that come with ppf, so that whoever needs one is told what to install."""

from collections.abc import Mapping

from ppf_core.plugins.metadata_files import normalise

KNOWN: Mapping[str, Mapping[str, str]] = {
    "ppf-audit": {"hooks": "audit"},
    "ppf-author": {"commands": "plugins.new"},
    "ppf-checkpoint": {"hooks": "checkpoint"},
    "ppf-console": {"sinks": "console noop", "streaming_sinks": "console"},
    "ppf-delta": {"sources": "delta", "sinks": "delta", "streaming_sources": "delta", "streaming_sinks": "delta"},
    "ppf-excel": {"sources": "excel", "sinks": "excel"},
    "ppf-files": {
        "sources": "avro binary csv json orc parquet text xml",
        "sinks": "avro csv json orc parquet text xml",
        "streaming_sources": "files",
        "streaming_sinks": "files",
    },
    "ppf-inline": {"sources": "inline range"},
    "ppf-kafka": {"sources": "kafka", "sinks": "kafka", "streaming_sources": "kafka", "streaming_sinks": "kafka"},
    "ppf-logging": {"hooks": "logging"},
    "ppf-lsp": {"commands": "lsp"},
    "ppf-memory": {"streaming_sinks": "memory"},
    "ppf-otel": {"hooks": "otel"},
    "ppf-profile": {"commands": "profile"},
    "ppf-prometheus": {"hooks": "prometheus"},
    "ppf-python": {"transforms": "python"},
    "ppf-quality": {
        "checks": "compare completeness distinct_count expression foreign_key freshness in_range in_set length matches "
        "not_null query row_count schema statistic unique"
    },
    "ppf-quarantine": {"commands": "quarantine.list quarantine.replay quarantine.show"},
    "ppf-rate": {"streaming_sources": "rate"},
    "ppf-report": {"commands": "runs.report"},
    "ppf-schema": {"commands": "schema"},
    "ppf-secrets-aws": {"secrets": "aws"},
    "ppf-secrets-env": {"secrets": "env"},
    "ppf-secrets-file": {"secrets": "file"},
    "ppf-secrets-vault": {"secrets": "vault"},
    "ppf-spark": {
        "sources": "datasource spark",
        "sinks": "datasource spark",
        "streaming_sources": "datasource spark",
        "streaming_sinks": "datasource spark",
    },
    "ppf-sql": {"transforms": "sql"},
    "ppf-table": {"sources": "table", "sinks": "table view"},
    "ppf-testing": {"commands": "plugins.docs plugins.test"},
    "ppf-transforms": {
        "transforms": "add_columns aggregate cast deduplicate drop explode fill filter flatten hash_key join limit lookup mask "
        "pivot rename sample schema_contract select sort union unpivot window"
    },
}
"""Distribution → group → the names of its plugins."""


def distribution_of(group: str, name: str) -> str | None:
    """Who brings a plugin; None where it is no plugin of ours."""
    return next((owner for owner, groups in KNOWN.items() if _names(groups.get(group, "").split(), group, name)), None)


def _names(known: list[str], group: str, name: str) -> bool:
    """Whether it is one of these; of commands also a group that would hold one: `quarantine`."""
    wanted = normalise(name)
    return any(
        normalise(each) == wanted or (group == "commands" and normalise(each).startswith(f"{wanted}-")) for each in known
    )
