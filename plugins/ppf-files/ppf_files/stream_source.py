"""A folder into which files come, as a stream."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from ppf_core import Context, Dataset, ImpliedCheck, PpfError, Requirements, Schema, SchemaContract, StreamingSource
from ppf_core.storage import files_at
from ppf_files import marked, numbers
from ppf_files.pass_through import given as by_one_name
from ppf_files.paths import dataset, fixed_folder, readable
from ppf_files.sources import CsvSource, FileSource, JsonSource, OrcSource, ParquetSource, TextSource
from ppf_files.stream_options import StreamReadOptions

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_SOURCES: dict[str, type[FileSource[Any]]] = {
    each.format: each for each in (CsvSource, JsonSource, OrcSource, ParquetSource, TextSource)
}
# Spark passes over files that are a week older than the newest one, without a word: one that was moved here keeps its time.
_ANY_AGE = "36500d"


class FilesSource(StreamingSource[StreamReadOptions]):
    """Reads files of one format as they come into a folder."""

    changeable: ClassVar = frozenset({"max_files_per_trigger"})
    examples: ClassVar[Sequence[str]] = (
        '{ path = "in/events", format = json, schema = "id INT, kind STRING" }',
        '{ path = "in/flights", format = csv, schema = "carrier STRING, dep_delay INT", reader { sep = ";" } }',
    )

    @classmethod
    def requirements(cls, options: StreamReadOptions | None) -> Requirements:
        """What the source of the format needs in a batch."""
        return Requirements() if options is None else _SOURCES[options.format].requirements(options.batch)

    @property
    def output_schema(self) -> Schema:
        """The schema that the file gives; text has one column."""
        return self.options.schema or "value STRING"

    def datasets(self) -> Sequence[Dataset]:
        """The folder."""
        return (dataset(self.options.path),)

    @property
    def implied_checks(self) -> Sequence[ImpliedCheck]:
        """The one for bad records, if the file says what becomes of them."""
        return marked.implied_checks(self.options.bad_records)

    def read_stream(self, context: Context) -> "DataFrame":
        """The files as a streaming frame; those that are there already come first."""
        given, folder = self.options, fixed_folder(self.options.path)
        self._require_folder(context, folder)
        schema = SchemaContract.struct(given.schema or "value STRING", context.spark)
        unread = numbers.marked_numbers(given.decimal, given.thousands, given.schema)
        texts, is_marked = marked.as_texts(schema, unread), given.bad_records is not None
        reader = context.spark.readStream.format(given.format).schema(marked.marking(texts) if is_marked else texts)
        # Without it, and with a glob, columns in names of folders would be NULL or fail.
        reader = reader.options(maxFileAge=_ANY_AGE, basePath=folder)
        if given.max_files_per_trigger is not None:
            reader = reader.option("maxFilesPerTrigger", given.max_files_per_trigger)
        options = _SOURCES[given.format](given.batch).reader_options()
        frame = reader.options(**options).load(readable(given.path))
        if unread:
            types = {field.name: field.dataType for field in schema if field.name in unread}
            frame = numbers.read(frame, types, given.decimal, given.thousands, by_one_name(options)["sep"])
        return marked.told(frame, given.format) if is_marked else frame

    def _require_folder(self, context: Context, folder: str) -> None:
        files = files_at(context.spark, folder)
        place = files.resolve(folder)
        if not files.exists(place):
            raise PpfError(f"There is no folder {folder!r}.", hint="Make it, or check the option 'path'.")
        if not files.is_folder(place):
            raise PpfError(
                f"The path {folder!r} is a file, but a stream watches a folder.",
                hint="Name the folder, or a glob such as 'in/*.csv'. A file that is all there is belongs to mode = batch.",
            )
