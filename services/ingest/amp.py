"""AMP's own elements, each as the one of HTML that shows the same. Pure."""

import re

# bounded, and stopping at the next tag, so that hostile HTML costs linear time
_SAME = re.compile(r"<(/?)amp-(?:(img|anim)|(iframe|video|audio))(?=[\s>/])", re.IGNORECASE)
_SHOWN_AGAIN = re.compile(
    r"<amp-(?:img|anim)\b[^<>]{0,4096}>(?=\s{0,64}<noscript\b[^<>]{0,4096}>\s{0,64}<img\b)", re.IGNORECASE
)
_PLAYED = {
    "youtube": "https://www.youtube.com/watch?v=",
    "vimeo": "https://vimeo.com/",
    "dailymotion": "https://www.dailymotion.com/video/",
    "twitter": "https://x.com/i/status/",
    "instagram": "https://www.instagram.com/p/",
    "facebook": "",
}
"""What goes before that which AMP's player is told to play, to make it an address."""
_PLAYER = re.compile(rf"<amp-({'|'.join(_PLAYED)})\b([^<>]{{0,4096}})>", re.IGNORECASE)
_TOLD = re.compile(r"""\sdata-(?:videoid|tweetid|shortcode|href)=["']?([^\s"'<>]{1,2000})""", re.IGNORECASE)


def without_amp(html: str) -> str:
    """The HTML with pictures, players and frames in the place of AMP's."""
    html = _SAME.sub(lambda tag: f"<{tag[1]}{'img' if tag[2] else tag[3]}", _SHOWN_AGAIN.sub("", html))
    return _PLAYER.sub(_frame, html)


def _frame(player: re.Match[str]) -> str:
    told = _TOLD.search(player[2])
    return f'<iframe src="{_PLAYED[player[1].lower()]}{told[1]}"{player[2]}></iframe>' if told else ""
