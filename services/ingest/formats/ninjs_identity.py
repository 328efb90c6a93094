"""What a ninjs item is called, whatever its version."""

import re

from services.ingest.formats.reading import Members

# The Associated Press's address of an item says too which version it is, who asks for it, and what it is a picture of.
_ADDRESS = re.compile(r"(https?://[^/?#]+/media/v/content/[0-9a-f]{32})\?.*", re.DOTALL)


def identity(item: Members) -> str:
    """Its guid, as Superdesk has it, else its uri; empty without either."""
    return _ADDRESS.sub(r"\1", item.text("guid", "uri"))
