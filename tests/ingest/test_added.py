"""How much is added to a body."""

from services.ingest.added import MOST, Room


def test_there_is_room_for_so_many_characters_and_what_does_not_fit_takes_none() -> None:
    room = Room()
    assert room.takes("x" * (MOST - 2))
    assert not room.takes("xxx")
    assert room.takes("xx")
    assert not room.takes("x")
    assert room.takes("")
