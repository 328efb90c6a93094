"""`pressrun dead-letters`: what it says of ids that there are, and of those that there are not."""

from collections.abc import Callable

import pytest
import redis
import typer

from services.console.dead_letters import drop, retry
from shared.dead_letters import set_aside
from shared.events import DEAD_LETTERS


@pytest.mark.parametrize(("command", "done"), [(drop, "dropped"), (retry, "put back")])
def test_an_id_of_none_is_named_and_the_others_are_done(
    store: redis.Redis, capsys: pytest.CaptureFixture[str], command: Callable[[list[str]], None], done: str
) -> None:
    ident = store.execute_command(*set_aside("page", "front", "it failed")).decode()
    with pytest.raises(typer.Exit) as ended:
        command(["nope", ident, "1-1"])
    told = capsys.readouterr()
    assert ended.value.exit_code == 1
    assert told.out == f"1 {done}\n"
    assert told.err == "no dead letter has the id nope, 1-1\n"
    assert not store.xlen(DEAD_LETTERS)
