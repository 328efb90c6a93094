"""What is posted: every payload in every field, beside articles that have all fields and ones that have hardly any."""

from typing import Any

C1 = "".join(chr(code) for code in range(0x7F, 0xA0))
FLAG = "window.pwned=1"
PAYLOADS = {
    "C1 controls": f"two\x85words {C1} \x80\x9f",
    "C0 controls": "a\x00b\x08c\x0bd\x1be\x0cf\ufffeg\uffff\ufdd0\U0001fffe words",
    "ampersands": "AT&T & R&D &amp; &amp;amp; &lt;b&gt; &copy &#38; &#x80; &nbsp;&notanentity; ?a=1&b=2&copy=3",
    "emoji": "🗞️ 👩🏽‍🚒 🏳️‍🌈 🇮🇶 \U0001f9d1\u200d\U0001f680 e\u0301\u200b\ufeff words",
    "right to left": "\u202eعاجل\u202c \u2066البصرة\u2069 \u200f والعراق words",
    "markup": f'<script>{FLAG}</script></title></textarea>]]>--><!-- <!--#include virtual="/x" --> words',
    "quotes": f'"\'` onmouseover={FLAG} x=\'" ="" words',
    "separators": "a\u2028b\u2029c\u00a0d\u00ade \t\r\n f words",
    "template": "{{ 7*7 }}{% raw %}${x}<%= 1 %>#{x} %s %(x)s {0} words",
}
LANGUAGES = ("en", "pt-BR", "zh-Hant-TW", "zh", "ar", "sr-Latn-RS", "fil")
ADDRESS = "https://wire.example/a'(b)?c=1&d=é&amp;e=<f>"


def hostile(text: str) -> dict[str, Any]:
    """An article with a text in every field that takes one."""
    return {
        "headline": text,
        "summary": text,
        "section": text,
        "topics": [text, f"{text} again", "Shared"],
        "authors": [text, {"name": f"{text} again", "url": ADDRESS}, "Shared Author"],
        "image": {"url": ADDRESS, "alt": text, "credit": text, "caption": text},
        "corrections": [{"text": text, "at": "2025-07-28T05:00:00Z"}],
        "body_html": f"<p title='{text}'>{text}</p>{text}<a href=\"{ADDRESS}\" title='{text}'>{text}</a>",
        "source_url": ADDRESS,
        "published_at": "2025-07-28T05:00:00Z",
        "updated_at": "2025-07-28T06:00:00Z",
        "language": "en",
    }


def plain(number: int, **members: Any) -> dict[str, Any]:
    """An article with hardly anything."""
    return {"guid": f"plain {number}", "headline": f"Plain {number}", "body_text": f"Body {number}.", **members}
