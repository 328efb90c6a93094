"""How much longer a body may get by what stands elsewhere in the same item. Pure."""

MOST = 5_000_000
"""As much again as a body may have."""


class Room:
    """Room for MOST characters that are added to one body: what is said once of a picture is added wherever the body
    shows it, so that a few bytes in a hundred thousand places would make gigabytes of a body within its bound."""

    def __init__(self) -> None:
        self._left = MOST

    def takes(self, text: str) -> bool:
        """Whether there is room for a text, which then takes it."""
        fits = len(text) <= self._left
        self._left -= len(text) if fits else 0
        return fits
