"""One stack for all tests of this folder."""

from collections.abc import Iterator

import pytest

from tests.compose.stack import Stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The stack, built, up and healthy; after all that tests did its site equals a build from the store.

    Taken down with its volumes whatever happens.
    """
    made = Stack(tmp_path_factory.mktemp("compose"))
    try:
        made.up("--build")
        yield made
        made.check()
    finally:
        made.down()
