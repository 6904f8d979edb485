"""The options of Spark's readers and writers: which there are, and which are two names of one."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from types import MappingProxyType
from typing import Any

from ppf_core import suggestion

# What Spark itself calls alternatives; a test asks the installed Spark.
_SAME = {"delimiter": "sep", "charset": "encoding", "codec": "compression"}

_ANY_FORMAT = frozenset(
    {
        *("basePath", "ignoreCorruptFiles", "ignoreInvalidPartitionPaths", "ignoreMissingFiles", "maxRecordsPerFile"),
        *("modifiedAfter", "modifiedBefore", "partitionOverwriteMode", "pathGlobFilter", "recursiveFileLookup", "timeZone"),
    }
)
_TEXTUAL = frozenset(
    {
        *("charset", "columnNameOfCorruptRecord", "compression", "dateFormat", "enableDateTimeParsingFallback", "encoding"),
        *("lineSep", "locale", "mode", "multiLine", "samplingRatio", "singleVariantColumn", "timestampFormat"),
        "timestampNTZFormat",
    }
)
KNOWN: Mapping[str, frozenset[str]] = {
    "csv": _ANY_FORMAT
    | _TEXTUAL
    | {
        *("charToEscapeQuoteEscaping", "codec", "columnPruning", "comment", "delimiter", "emptyValue", "enforceSchema"),
        *("escape", "escapeQuotes", "extension", "header", "ignoreLeadingWhiteSpace", "ignoreTrailingWhiteSpace"),
        *("inferSchema", "inputBufferSize", "maxCharsPerColumn", "maxColumns", "nanValue", "negativeInf", "nullValue"),
        *("positiveInf", "preferDate", "quote", "quoteAll", "sep", "unescapedQuoteHandling"),
    },
    "json": _ANY_FORMAT
    | _TEXTUAL
    | {
        *("allowBackslashEscapingAnyCharacter", "allowComments", "allowNonNumericNumbers", "allowNumericLeadingZeros"),
        *("allowSingleQuotes", "allowUnquotedControlChars", "allowUnquotedFieldNames", "dropFieldIfAllNull"),
        *("ignoreNullFields", "inferTimestamp", "prefersDecimal", "pretty", "primitivesAsString", "useUnsafeRow"),
        "writeNonAsciiCharacterAsCodePoint",
    },
    "parquet": _ANY_FORMAT | {"compression", "datetimeRebaseMode", "int96RebaseMode", "mergeSchema", "parquet.compression"},
    "orc": _ANY_FORMAT | {"compression", "mergeSchema", "orc.compress"},
    "text": _ANY_FORMAT | {"compression", "encoding", "lineSep", "wholetext"},
    "xml": _ANY_FORMAT
    | _TEXTUAL
    | {
        *("arrayElementName", "attributePrefix", "declaration", "excludeAttribute", "ignoreNamespace"),
        *("ignoreSurroundingSpaces", "indent", "inferSchema", "nullValue", "preferDate", "prefersDecimal", "rootTag", "rowTag"),
        *("rowValidationXSDPath", "useLegacyXMLParser", "validateName", "valueTag", "wildcardColName"),
    },
    "avro": _ANY_FORMAT
    | {
        *("avroSchema", "avroSchemaUrl", "compression", "datetimeRebaseMode", "enableStableIdentifiersForUnionType"),
        *("ignoreExtension", "mode", "positionalFieldMatching", "recordName", "recordNamespace", "recursiveFieldMaxDepth"),
        "stableIdentifierPrefixForUnionType",
    },
    "binaryFile": _ANY_FORMAT,
}
"""By format, all that some Spark from 3.5 on knows."""
OF_STREAMS = frozenset(
    {
        *("allowOverwrite", "cleanSource", "fileNameOnly", "latestFirst", "maxBytesPerTrigger", "maxCachedFiles"),
        *("discardCachedInputRatio", "maxFileAge", "maxFilesPerTrigger", "sourceArchiveDir"),
    }
)
"""What it knows beside these where it watches a folder."""


def one_name(name: str) -> str:
    """The one name for all ways to write an option: Spark looks at no case, and knows some under two names."""
    return _SAME.get(name.lower(), name.lower())


def given(extra: Mapping[str, Any]) -> dict[str, Any]:
    """What the file gives, under `one_name`."""
    return {one_name(name): value for name, value in extra.items()}


def spark_options(extra: Mapping[str, Any], ours: Mapping[str, Any] = MappingProxyType({})) -> dict[str, str]:
    """Options for Spark, as text: our own, and what the file gives, which wins whatever it calls an option."""
    kept = {name: value for name, value in ours.items() if one_name(name) not in given(extra)}
    return {name: _text(value) for name, value in {**kept, **extra}.items()}


def problems(block: str, extra: Mapping[str, Any]) -> dict[str, str]:
    """What cannot be: an option that is no single value, or that stands there under two names."""
    found, first = {}, dict[str, str]()
    for name, value in extra.items():
        if not isinstance(value, str | int | float | bool):
            found[f"{block}.{name}"] = "must be text, a number or a boolean"
        elif one_name(name) in first:
            found[f"{block}.{name}"] = f"is the same option as {first[one_name(name)]!r}; leave one of them out"
        first.setdefault(one_name(name), name)
    return found


def doubts(block: str, extra: Mapping[str, Any], format_name: str, further: AbstractSet[str] = frozenset()) -> dict[str, str]:
    """Options that Spark would pass over. What has a dot in its name is a setting of Hadoop or of a library."""
    names = KNOWN[format_name] | further
    known = {name.lower() for name in names}
    return {
        f"{block}.{name}": f"is no option of Spark's format {format_name!r}, so it would do nothing. {suggestion(name, names)}"
        for name in extra
        if name.lower() not in known and "." not in name
    }


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
