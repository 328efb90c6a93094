"""How much memory the store of a stack may take."""

from shared.store import Store

A_START = 16
"""The part of what a store holds that the start of a stack may add: a moment, or marks of every page."""
LEAST = 4 * 2**20


async def give_room(store: Store) -> bool:
    """Let a store that has come up full, or fuller than it may be, take a little more; whether it had to. It takes no
    note of a start else, and readers would have no site: it was full before, or the machine has less memory now."""
    told = dict(line.split(":", 1) for line in (await store.do("INFO", "memory")).decode().splitlines() if ":" in line)
    used, most = int(told["used_memory"]), int(told["maxmemory"])
    wanted = used + max(used // A_START, LEAST)
    if not most or wanted <= most:
        return False
    await store.do("CONFIG", "SET", "maxmemory", wanted)
    return True
