"""Whether topics are those that were read before: one that was deleted and made anew under its name has another id."""

from collections.abc import Iterator, Mapping
from logging import Logger

from ppf_core import CheckpointRefused

Ids = Mapping[str, str]
"""By topic; of those that have one."""


def made_anew(before: Ids, now: Ids, when: str) -> Iterator[tuple[str, str]]:
    """Topics that are others than they were, and what is to be said of each."""
    for topic, name in before.items():
        if now.get(topic, name) != name:
            told = f"Records are gone: the topic {topic!r} is another one than {when}: it was made anew, or this is another"
            yield topic, f"{told} cluster (its id was {name}, and is {now[topic]})."


def followed(before: Ids, now: Ids, *, may_lose: bool, logger: Logger) -> Ids:
    """The ids that a stream goes on with. A topic that is gone keeps its id, as it keeps its offsets in the checkpoint.

    may_lose: whether a stream goes on in another topic, at the offset where the old one was left.
    """
    for _, message in made_anew(before, now, "the checkpoint knows"):
        if not may_lose:
            hint = (
                "The offsets of the checkpoint mean nothing there. Begin anew with --fresh and the name of the query. Or set "
                "fail_on_data_loss = false to go on at these offsets, without the records before them."
            )
            raise CheckpointRefused(message, hint=hint)
        logger.warning("%s The stream goes on at the offsets of its checkpoint, without the records before them.", message)
    return {**before, **now}
