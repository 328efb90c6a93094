"""What a page would need a player or a script for, in HTML from strangers: embeds become links, pictures that wait
for a script are shown, and those of an emoji are the emoji. Pure."""

import html as entities
import re
from collections.abc import Iterator
from urllib.parse import unquote

from services.ingest.amp import without_amp
from services.ingest.named_embeds import NAMED, named
from services.ingest.references import unescape
from services.ingest.web import absolute, is_web_address

# bounded, and stopping at the next tag, so that hostile HTML costs linear time
_EMBED = re.compile(
    r"<(?=[ivaeo])(iframe|video|audio|embed|object|oembed)\b([^<>]{0,4096}>(?:\s{0,64}<(?:source|param)\b[^<>]{0,4096}>){0,8})"
    r"(?:[^<]*(?:<(?!/?(?:iframe|video|audio|embed|object|oembed|img)\b)[^<]*){0,16}</\1\s*>)?",
    re.IGNORECASE,
)
_INSTEAD = re.compile(r"<a\b[^<>]*>([^<]*)</a\s*>", re.IGNORECASE)  # for browsers that cannot show it
_AGAIN = re.compile(r"\s{0,64}<noscript\b[^<>]*>\s{0,64}<iframe\b", re.IGNORECASE)
_QUOTED = re.compile(r"""\sclass=["'][^"']*\bwp-embedded-content\b""", re.IGNORECASE)
# what waits for a script: a frame that is loaded late, CKEditor's <oembed url="…">, Facebook's <div data-href="…">, a
# link without words of Iframely's (Superdesk has embeds from there) or Pinterest's, a tweet or another post that is
# quoted without its words
_POST = re.compile(
    r"""<(blockquote)\b((?=[^<>]{0,4096}\sclass=["'](?:twitter-(?:tweet|video)|instagram-media|tiktok-embed)\b)"""
    r"""[^<>]{0,4096}>(?:\s{0,64}</?(?:a|p|section)\b[^<>]{0,4096}>){0,8})\s{0,64}</blockquote\s*>""",
    re.IGNORECASE,
)
_FACEBOOK = re.compile(
    r"""<(div)\b(?=[^<>]{0,4096}\sclass=["']fb-(?:post|video)\b)([^<>]{0,4096}>)\s*</div\s*>""", re.IGNORECASE
)
_CARD = re.compile(
    r"""<(a)\b(?=[^<>]{0,4096}\sdata-(?:iframely-url\b|pin-do=["']embed))([^<>]{0,4096}>)\s*</a\s*>""", re.IGNORECASE
)
# a chart or a story of Flourish's without what newer ones have for readers without scripts
_CHART = re.compile(
    r"""<div\b(?=[^<>]{0,4096}\sclass=["']flourish-embed\b)[^<>]{0,4096}?\sdata-src=["']((?:visualisation|story)/"""
    r"""[0-9]{1,20}+)[^<>]{0,4096}+>(?!\s{0,64}(?:<script\b[^<>]{0,4096}>\s{0,64}</script>\s{0,64})?<(?:noscript|iframe|a)\b)""",
    re.IGNORECASE,
)
_SHOWN = r'\g<0><a href="https://public.flourish.studio/\1/">https://public.flourish.studio/\1/</a>'
_CREDITED = 4000  # characters, where a link of Infogram's own may follow: its script and styles come before
# frames that play something of others': Iframely's, Embedly's, Facebook's
_PLAYED = re.compile(
    r"https://(?:(?:cdn\.iframe\.ly|iframely\.net)/api/iframe\?(?:[^#]*&)?url"
    r"|cdn\.embedly\.com/widgets/media\.html\?(?:[^#]*&)?url"
    r"|www\.facebook\.com/plugins/(?:post|video)(?:\.php)?\?(?:[^#]*&)?href)=([^&#]+)"
)
_ADDRESS = re.compile(
    r"""\s(?:(?:data-(?:lazy-)?)?src|data|url|(?:data-)?href|data-instgrm-permalink|cite)\s*=\s*"""
    r"""(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""",
    re.IGNORECASE,
)
# a picture that waits for a script, and what stands for it where there is none
_LAZY = re.compile(
    r"<img\b(?=[^<>]*\sdata-(?:(?:lazy-)?src|original)\s*=)([^<>]*)>(\s{0,64}<noscript\b[^<>]*>\s{0,64}<img\b)?",
    re.IGNORECASE,
)
_LAZY_ADDRESS = re.compile(
    r"""\sdata-(?:(?:lazy-)?src|original)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE
)
# a picture that says its widths alone; its `src` waits for one of them, if it has one
_WIDTHS = re.compile(
    r"""<img\b(?=[^<>]{0,4096}\s(?:data-(?:lazy-)?)?srcset\s*=\s*(?:"([^"<>]*)"|'([^'<>]*)'))"""
    r"""(?![^<>]{0,4096}\ssrc\s*=\s*["']?\s{0,8}(?:(?:https?:)?//|/media/))(?=[^<>]*>)""",
    re.IGNORECASE,
)
_MOST_PARTS = 200  # addresses and widths
_WIDTH = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,6})?)[wx],?")
# An emoji as a script of WordPress', Facebook's or X's shows it, and browsers copy it: pages show a picture apart from
# the words around it, and as large as it is.
_EMOJI = re.compile(
    r"""<img\b(?=[^<>]{0,4096}>)(?=[^<>]*?\s(?:class=["'](?:[^"'<>]*\s)?(?:wp-smiley|emoji)[\s"']"""
    r"""|src=["'][^"'<>]*/emoji(?:\.php/v[0-9]+|/v[0-9]+)/))[^<>]*?\salt=["']([^"'<>]{1,32})["'][^<>]*>""",
    re.IGNORECASE,
)
# between two blocks (a card of Ghost, a script of its own) a link alone would have no room above it
_BLOCK = r"(?:p|h[1-6]|[uod]l|div|blockquote|figure|table|aside|section|details|pre)"
_AFTER_A_BLOCK = re.compile(rf"(?:</{_BLOCK}\s?>|<!--kg-card-begin: html-->)\s{{0,64}}\Z", re.IGNORECASE)
_BEFORE_A_BLOCK = re.compile(rf"\s{{0,64}}(?:<(?:{_BLOCK}|hr|script)[\s/>]|<!--kg-card-end|\Z)", re.IGNORECASE)
_NEAR = 100
# what would run into the link: a caption that styles would set apart, another embed
_BESIDE = ("<span", "<iframe", "<video", "<audio", "<embed", "<object", "<oembed")
_TITLE = re.compile(r"""\s(?:(?:data-)?title|alt|aria-label)\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)


def without_embeds(html: str) -> str:
    """The HTML with links in the place of embeds, and pictures where a script would put them."""
    if "<amp-" in html:
        html = without_amp(html)
    if "emoji" in html or "wp-smiley" in html:
        html = _EMOJI.sub(r"\1", html)
    if "data-href" in html:
        html = _FACEBOOK.sub(_link, html)
    if "<blockquote" in html:
        html = _POST.sub(_link, html)
    if "data-" in html:
        html = _CARD.sub(_link, html)
        html = _CHART.sub(_SHOWN, html)
        html = _LAZY.sub(_show, html)
    if "srcset" in html:
        html = _WIDTHS.sub(_show_widest, html)
    html = NAMED.sub(_link_by_name, html)
    return _EMBED.sub(_link, html)


def _link(embed: re.Match[str]) -> str:
    """A link in the place of an embed and of the one in it, if any; nothing where there is no address that a reader
    could open, or where it adds to a quotation with a link (a WordPress' embedded post) or to what readers without
    scripts get."""
    if _QUOTED.search(embed[2]) or _AGAIN.match(embed.string, embed.end()):
        return " "
    instead = _INSTEAD.search(embed[0])
    address = _address(_ADDRESS, embed[2])
    if address is None:
        return instead[0] if instead else " "
    words = unescape(instead[1]).strip() if instead else ""
    return _written(embed, address, words)


def _link_by_name(embed: re.Match[str]) -> str:
    """A link to what is named, unless one follows, as Infogram has it where nobody pays for leaving it out."""
    found = named(embed[2])
    if found is None or embed.string.find(found.name, embed.end(), embed.end() + _CREDITED) >= 0:
        return embed[0]
    return _written(embed, found.address, "")


def _written(embed: re.Match[str], address: str, words: str) -> str:
    """The link, called by the embed's title, else by these words, else by its address."""
    name = next(filter(None, _attributes(_TITLE, embed[2])), words or address)
    apart = " " if embed.string.startswith(_BESIDE, embed.end()) else ""
    link = f'<a href="{entities.escape(address)}">{entities.escape(name, quote=False)}</a>{apart}'
    return f"<p>{link}</p>" if _is_between_blocks(embed) else link


def _is_between_blocks(embed: re.Match[str]) -> bool:
    start, end = embed.span()
    return bool(
        _AFTER_A_BLOCK.search(embed.string, max(start - _NEAR, 0), start) and _BEFORE_A_BLOCK.match(embed.string, end)
    )


def _show(picture: re.Match[str]) -> str:
    """A picture at the address that a script would give it; none where one for readers without scripts follows."""
    if picture[2]:
        return picture[2]
    address = _address(_LAZY_ADDRESS, picture[1])
    return f'<img src="{entities.escape(address)}"{picture[1]}>' if address else picture[0]


def _show_widest(picture: re.Match[str]) -> str:
    """A picture at the address of the widest that it is offered in (HTML §4.8.4.2.1)."""
    widths: dict[str, float] = {}
    address = ""
    for part in unescape(picture[1] or picture[2] or "").split(maxsplit=_MOST_PARTS)[:_MOST_PARTS]:
        if (width := _WIDTH.fullmatch(part)) and address:
            widths[address] = float(width[1])
        else:
            address = absolute(part.strip(","))
            widths[address] = 1
    found = max(filter(is_web_address, widths), key=widths.__getitem__, default=None)
    return f'<img src="{entities.escape(found)}"' if found else picture[0]


def _address(pattern: re.Pattern[str], tag: str) -> str | None:
    """The first web address among what a pattern finds in a tag."""
    addresses = (_played(absolute(address)) for address in _attributes(pattern, tag))
    return next(filter(is_web_address, addresses), None)


def _played(address: str) -> str:
    """What a player of somebody else's plays: the player's own address is long, and may have a newsroom's key in it."""
    found = _PLAYED.match(address)
    return unquote(found[1]) if found else address


def _attributes(pattern: re.Pattern[str], tag: str) -> Iterator[str]:
    for found in pattern.finditer(tag):
        yield unescape(next((group for group in found.groups() if group), "")).strip()
