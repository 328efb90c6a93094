"""What a decision becomes at the store: one step, which is carried out only if what it rests on still holds."""

from dataclasses import dataclass, field

from shared.store import Command, Field, Store


@dataclass(slots=True)
class Transaction:
    """What is to be done at the store at once, and what has to hold there until then (`Store.commit`): whoever finds a
    part of what a decision changes adds both."""

    expect: dict[str, bytes | None] = field(default_factory=dict)
    commands: list[Command] = field(default_factory=list)
    free: list[Field] = field(default_factory=list)

    async def commit(self, store: Store) -> bool:
        """Carry it out; False if what it rests on has changed meanwhile. Raises StoreUnavailable."""
        if not self.commands:
            return True
        # nothing undoes a step that fails: a state without its event would be `unchanged` when it comes again
        self.commands.sort(key=lambda command: command[0] != "XADD")
        return await store.commit(self.expect, self.commands, self.free) is not None
