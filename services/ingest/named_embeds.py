"""The addresses of what embeds show that say by a name alone what that is. Pure.

A chart of Infogram's, a post of Telegram's, a film of Brightcove's, JW Player's or Dailymotion's, a gist.
"""

import re
from typing import NamedTuple

# bounded, and stopping at the next tag, so that hostile HTML costs linear time
NAMED = re.compile(
    r"""<(?=[dsv])(div|script|video(?:-js)?)\b(?=[^<>]{0,4096}\s(?:class=["']infogram-embed\b|data-(?:telegram-post|video-id)="""
    r"""|src=["'](?:https?:)?//(?:cdn\.jwplayer\.com|content\.jwplatform\.com|gist\.github\.com"""
    r"""|geo\.dailymotion\.com)/))([^<>]{0,4096}>)"""
    r"""\s{0,64}</\1\s*>""",
    re.IGNORECASE,
)
"""Such an embed: its element, and the rest of its tag."""
_ATTRIBUTE = re.compile(
    r"""\s(data-(?:id|telegram-post|video-id|video|playlist|account|player|embed)|src)=["']([\w/:.?&=;-]{1,300})["']""",
    re.IGNORECASE,
)
_INFOGRAM = re.compile(r"""\sclass=["']infogram-embed\b""", re.IGNORECASE)
_SCRIPT = re.compile(
    r"(?:https?:)?//((?:cdn\.jwplayer|content\.jwplatform)\.com/players/|gist\.github\.com/)([\w-]+(?:/[\w-]+)?)\.js(?:\?.*)?"
)


_DAILYMOTION = re.compile(r"(?:https?:)?//geo\.dailymotion\.com/")


class Named(NamedTuple):
    """What an embed shows: its name, as other links to it have it too, and its address."""

    name: str
    address: str


def named(tag: str) -> Named | None:
    """What is named in the tag of such an embed, if anything."""
    told: dict[str, str] = {}
    for name, value in _ATTRIBUTE.findall(tag):
        told.setdefault(name.lower().removeprefix("data-"), value)
    if name := told.get("telegram-post"):
        return Named(name, f"https://t.me/{name}")
    if (name := told.get("id")) and _INFOGRAM.search(tag):
        return Named(name, f"https://e.infogram.com/{name}")
    if (name := told.get("video-id")) and (account := told.get("account")):
        player = f"{told.get('player', 'default')}_{told.get('embed', 'default')}"
        return Named(name, f"https://players.brightcove.net/{account}/{player}/index.html?videoId={name}")
    if _DAILYMOTION.match(told.get("src", "")):
        kind = next((kind for kind in ("video", "playlist") if kind in told), None)
        return Named(told[kind], f"https://www.dailymotion.com/{kind}/{told[kind]}") if kind else None
    if script := _SCRIPT.fullmatch(told.get("src", "")):
        end = ".html" if "/players/" in script[1] else ""
        return Named(script[2], f"https://{script[1]}{script[2]}{end}")
    return None
