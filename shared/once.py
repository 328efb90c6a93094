"""How late a view may come, and how many event_ids of counted views are remembered meanwhile: `views:remembered`.

Ingest refuses what is too early, too late, or more than the memory that is set for event_ids. Trending counts them as
it remembers and forgets, and sets aside what comes onto the stream at no such moment all the same.
"""

from datetime import timedelta

from shared.settings import Settings

AHEAD = timedelta(minutes=5)  # how far a sender's clock may run ahead
MEMORY = timedelta(days=8)  # how late a view may come, and when after its end a week is sealed
REMEMBERED = "views:remembered"
BYTES_EACH = 16  # what one takes at most


def most_remembered(settings: Settings) -> int:
    """How many event_ids may be remembered at once."""
    return settings.views_memory_mb * 2**20 // BYTES_EACH
