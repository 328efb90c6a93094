"""Robots, by the names that they give themselves.

Only what runs the scripts of a page sends a beacon, so the list holds crawlers that render pages, previews and
monitors. A program under a browser's name is no robot to us; what one address may count is bounded.
"""

import re
from functools import lru_cache

NAMES = (
    # What most robots have somewhere in their name, as far as it stands in no browser's; then those without any of it.
    "bot", "crawl", "spider", "slurp", "scrape", "archiver", "validator", "monitor", "preview", "fetcher",
    # Search engines and their renderers.
    "google-inspectiontool", "googleother", "apis-google", "mediapartners-google", "google-read-aloud",
    "duckduckgo-favicons", "seznam", "daum/", "heritrix", "qwantify", "mail.ru_", "naver.", "yeti/",
    # Previews of links.
    "facebookexternalhit", "facebookcatalog", "meta-externalagent", "whatsapp/", "embedly", "iframely", "vkshare",
    "pinterest/0", "flipboardproxy", "bluesky cardyb",
    # Readers for machines.
    "chatgpt-user", "claude-user", "claude-web", "anthropic-ai", "perplexity", "cohere-ai", "omgili", "mistralai-user",
    # Monitors and measurements.
    "lighthouse", "pagespeed", "gtmetrix", "pingdom", "statuscake", "site24x7", "datadogsynthetics", "catchpoint",
    "newrelicpinger", "checkly", "ptst/", "webpagetest", "dareboost", "calibreapp", "speedcurve",
    # Sellers of links and copies.
    "ahrefs", "semrush", "mj12", "dataforseo", "screaming frog", "sitebulb", "httrack", "netcraft", "censys", "zgrab",
    "masscan", "nmap", "nessus", "nikto", "qualys",
)  # fmt: skip

# Phones and browsers whose names only look like one of those.
BROWSERS = (b"cubot",)

_ROBOT = re.compile("|".join(map(re.escape, NAMES)).encode())


@lru_cache(maxsize=4096)
def is_robot(agent: bytes) -> bool:
    """Whether a User-Agent says that it is a robot's."""
    agent = agent.lower()
    for browser in BROWSERS:
        agent = agent.replace(browser, b"")
    return _ROBOT.search(agent) is not None
