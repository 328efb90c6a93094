"""Chromium on a page of a real site, watched for everything that a page must not do."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
# A pattern, which the driver matches by itself. A function would hold every request, the site's own too, until this
# thread has called it; and a thread that waits for what a page's beacon brings about calls nothing.
ELSEWHERE = re.compile(r"^(?!http://127\.0\.0\.1:)")
WATCH = "addEventListener('securitypolicyviolation', e => console.log('CSP ' + e.violatedDirective + e.blockedURI))"


@dataclass(slots=True)
class Watched:
    """A page, and what it said: errors on the console, violations of the policy, dialogs."""

    page: Page
    errors: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def open(self, url: str) -> Page:
        """Go there and wait until all is loaded."""
        self.page.goto(url, wait_until="load")
        return self.page


@pytest.fixture(scope="module")
def browser(chromium: Path) -> Iterator[Browser]:
    """One Chromium for all."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def _context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context()
    context.add_init_script(WATCH)
    # What pages refer to elsewhere is nobody's business here, and there may be no network.
    context.route(ELSEWHERE, lambda route: route.fulfill(status=204))
    yield context
    context.close()


@pytest.fixture
def watched(_context: BrowserContext) -> Iterator[Watched]:
    """A fresh page."""
    page = _context.new_page()
    watched = Watched(page)

    def heard(kind: str, text: str) -> None:
        if kind == "error" or text.startswith("CSP "):
            watched.errors.append(text)

    page.on("console", lambda message: heard(message.type, message.text))
    page.on("pageerror", lambda error: watched.errors.append(str(error)))
    page.on("dialog", lambda dialog: (watched.dialogs.append(dialog.message), dialog.dismiss()))
    yield watched
    page.close()
