"""The kinds of plugins that can be begun, and what a distribution of each has."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """What stands in the template `templates/<template>.py`, and under which group it is known.

    entry: the name of its entry point, in which `{plugin}` is that of the plugin. brings: what it is, as a README says it.
    has_case: whether the kit asks it with options, which a case says.
    """

    template: str
    group: str
    attribute: str
    brings: str
    entry: str = "{plugin}"
    has_example: bool = True
    has_case: bool = True


KINDS = {
    "source": Kind("source", "ppf.sources", "{camel}Source", "source"),
    "transform": Kind("transform", "ppf.transforms", "{camel}Transform", "transform"),
    "sink": Kind("sink", "ppf.sinks", "{camel}Sink", "sink"),
    "staged-sink": Kind("staged_sink", "ppf.sinks", "{camel}Sink", "staged sink"),
    "streaming-source": Kind("streaming_source", "ppf.streaming_sources", "{camel}StreamingSource", "streaming source"),
    "streaming-sink": Kind("streaming_sink", "ppf.streaming_sinks", "{camel}StreamingSink", "streaming sink"),
    "check": Kind("check", "ppf.checks", "{camel}Check", "check"),
    "secrets": Kind("secrets", "ppf.secrets", "{camel}Backend", "secrets backend"),
    "hooks": Kind("hooks", "ppf.hooks", "{camel}Hooks", "hooks"),
    "command": Kind("command", "ppf.commands", "hello", "command", entry="{plugin}.hello", has_example=False, has_case=False),
}
