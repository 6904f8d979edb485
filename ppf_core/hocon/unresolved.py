"""Why a substitution has no value, in words."""

from ppf_core.errors import near_miss
from ppf_core.hocon.slots import Block, Resolved, Slot
from ppf_core.hocon.syntax import Reference


def unresolved(reference: Reference, root: Block, *, with_near_miss: bool) -> tuple[str, str]:
    """The message and the hint for a substitution that names nothing."""
    path = ".".join(reference.path)
    unset = _unset(reference.path, root)
    if unset:
        hint = "Set it, or give the key a value that stands before the substitution."
        return f"The substitution {reference} has no value: {unset}", hint
    close = near_miss(path, _beside(reference.path, root)) if with_near_miss else None
    near = f"Did you mean ${{{close}}}? " if close else ""
    message = f"The substitution {reference} has no value: no key of the file and no environment variable has this name."
    return message, f"{near}Set it, or write ${{?{path}}} if it may be missing."


def _unset(path: tuple[str, ...], root: Block) -> str:
    """Why a key that is there has no value: `dir = ${?UNSET}`. Follows the keys that it is made of."""
    told: dict[tuple[str, ...], Reference] = {}
    while (slot := _slot(path, root)) is not None and path not in told:
        pieces = [piece for definition in slot.stack for piece in definition.value.pieces]
        optional = [piece for piece in pieces if isinstance(piece, Reference) and piece.optional]
        if not optional:
            return ""
        told[path] = optional[-1]
        path = optional[-1].path
    names = [f"{'.'.join(key)!r} is {reference}" for key, reference in told.items()]
    return f"{', and '.join(names)}, and {'.'.join(path)} is not set." if names else ""


def _slot(path: tuple[str, ...], root: Block) -> Slot | None:
    block: Resolved | None = root
    slot = None
    for part in path:
        slot = block.slots.get(part) if isinstance(block, Block) else None
        block = None if slot is None else slot.value
    return slot


def _beside(path: tuple[str, ...], root: Block) -> list[str]:
    """Keys beside the one that is missing."""
    parent = _slot(path[:-1], root)
    block = root if len(path) == 1 else parent and parent.value
    return [".".join((*path[:-1], key)) for key in list(block.slots)[:1000]] if isinstance(block, Block) else []
