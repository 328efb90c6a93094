"""The sizes of a body's own pictures. Pure."""

import re
from collections.abc import Mapping

_IMG = re.compile(r'<img((?: [a-z]+="[^"]*")+)>')
_ITS_SIZE = re.compile(r' (?:width|height)="[^"]*"')
_SRC = re.compile(r' src="([^"]*)"')

Size = tuple[int, int]
"""Width and height in pixels."""


def with_sizes(body: str, sizes: Mapping[str, Size]) -> str:
    """A cleaned body whose own pictures tell their sizes, as browsers keep that room free while they come; one that its
    source wants in another size has that."""

    def sized(tag: re.Match[str]) -> str:
        src = _SRC.search(tag[1])
        size = sizes.get(src[1]) if src and not _ITS_SIZE.search(tag[1]) else None
        return f'<img{tag[1]} width="{size[0]}" height="{size[1]}">' if size else tag[0]

    return _IMG.sub(sized, body) if sizes else body
