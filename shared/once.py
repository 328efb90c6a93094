"""How many event_ids of counted views are remembered: `views:remembered`.

Trending counts them as it remembers and forgets; ingest refuses more than the memory that is set for them.
"""

from shared.settings import Settings

REMEMBERED = "views:remembered"
BYTES_EACH = 16  # what one takes at most


def most_remembered(settings: Settings) -> int:
    """How many event_ids may be remembered at once."""
    return settings.views_memory_mb * 2**20 // BYTES_EACH
