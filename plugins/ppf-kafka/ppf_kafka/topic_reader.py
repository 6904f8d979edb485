"""What both sources have in common: what they need of Spark, what they give, and of which topics."""

from collections.abc import Sequence
from typing import Any

from ppf_core import Dataset, PipelineComponent, Requirements, Schema
from ppf_kafka.connection import datasets_of, requirements_for
from ppf_kafka.decoding import told_schema


class TopicReader(PipelineComponent[Any]):
    """Anything that reads topics."""

    @classmethod
    def requirements(cls, options: Any) -> Requirements:
        """Spark's connector, and Avro where it is used."""
        return requirements_for([options.value_format, options.key_format] if options is not None else [])

    @property
    def output_schema(self) -> Schema | None:
        """What the file tells of it."""
        return told_schema(self.options)

    def datasets(self) -> Sequence[Dataset]:
        """The topics, or their pattern."""
        return datasets_of(self.options, self.options.topic_names or [self.options.topic_pattern or ""])
