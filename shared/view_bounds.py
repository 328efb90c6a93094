"""The bounds of views: how early and how late one may come, and how many event_ids of counted views are remembered.

`views:remembered` how many are: trending keeps the number. Ingest refuses a view that is too early or too late, and any
while there is no memory for another event_id. A view that comes straight onto the stream is refused by nobody: trending
sets it aside if it is too early or too late.
"""

from datetime import timedelta

from shared.settings import Settings

AHEAD = timedelta(minutes=5)  # how far a sender's clock may run ahead
MEMORY = timedelta(days=8)  # how late a view may come, and when after its end a week is sealed
TOO_EARLY = f"more than {AHEAD // timedelta(minutes=1)} minutes in the future"
TOO_LATE = f"more than {MEMORY.days} days ago"
REMEMBERED = "views:remembered"
BYTES_EACH = 16  # what one takes at most


def most_remembered(settings: Settings) -> int:
    """How many event_ids may be remembered at once."""
    return settings.views_memory_mb * 2**20 // BYTES_EACH
