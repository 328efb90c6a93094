"""Group commit: what comes while one is under way goes into the next one, and nobody is left waiting."""

import asyncio
from collections.abc import Sequence

import pytest

from shared.together import Together


class Gate:
    """Commits that wait until they are let go on, or fail."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.begun, self.open = asyncio.Event(), asyncio.Event()
        self.error: BaseException | None = None

    async def commit(self, items: Sequence[int]) -> list[int]:
        self.groups.append(list(items))
        self.begun.set()
        await self.open.wait()
        if self.error:
            raise self.error
        return [item * 10 for item in items]


async def three_of_which_two_come_later(gate: Gate) -> list[asyncio.Task[int]]:
    together = Together(gate.commit, 2)
    first = asyncio.create_task(together.put(1))
    await gate.begun.wait()
    later = [asyncio.create_task(together.put(number)) for number in (2, 3)]
    await asyncio.sleep(0)
    gate.open.set()
    return [first, *later]


async def test_what_comes_meanwhile_goes_together() -> None:
    gate = Gate()
    assert await asyncio.gather(*await three_of_which_two_come_later(gate)) == [10, 20, 30]
    assert gate.groups == [[1], [2, 3]]


@pytest.mark.parametrize(("error", "groups"), [(ValueError(), [[1], [2, 3]]), (asyncio.CancelledError(), [[1]])])
async def test_who_waits_learns_of_the_failure(error: BaseException, groups: list[list[int]]) -> None:
    gate = Gate()
    gate.error = error
    async with asyncio.timeout(5):
        ended = await asyncio.gather(*await three_of_which_two_come_later(gate), return_exceptions=True)
    assert [type(one) for one in ended] == [type(error)] * 3
    assert gate.groups == groups


async def test_who_gave_up_keeps_nobody_else_from_an_answer() -> None:
    gate = Gate()
    first, impatient, patient = await three_of_which_two_come_later(gate)
    first.cancel()
    impatient.cancel()
    async with asyncio.timeout(5):
        assert await patient == 30


async def test_who_was_told_of_a_failure_is_not_committed_behind_it() -> None:
    gate = Gate()
    together = Together(gate.commit, 1)
    under_way, behind = (asyncio.create_task(together.put(number)) for number in (1, 2))
    await gate.begun.wait()
    gate.error = asyncio.CancelledError()
    gate.open.set()
    await asyncio.gather(under_way, behind, return_exceptions=True)
    gate.error = None
    assert await together.put(3) == 30
    assert gate.groups == [[1], [3]]


async def test_the_failure_of_a_group_of_which_somebody_gave_up_is_told_to_the_others() -> None:
    gate = Gate()
    gate.error = ValueError()
    first, impatient, patient = await three_of_which_two_come_later(gate)
    impatient.cancel()
    async with asyncio.timeout(5):
        ended = await asyncio.gather(first, patient, return_exceptions=True)
    assert [type(one) for one in ended] == [ValueError] * 2
