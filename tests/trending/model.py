"""What trending promises, in the fewest words: every accepted view is kept, and rankings are counted from scratch."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from services.trending.week import Calendar

HOURS_7D = timedelta(hours=168)
LATE, EARLY = timedelta(days=8), timedelta(minutes=5)


@dataclass
class Model:
    """`articles`: id → (published_at, section, topics), of those that readers see; `heirs`: id → its rewrite;
    `loose`: those with one that were withdrawn since, not for it;
    `published`: id → published_at, also of those that are withdrawn."""

    calendar: Calendar
    views: list[tuple[str, datetime]] = field(default_factory=list)
    seen: dict[str, date] = field(default_factory=dict)
    articles: dict[str, tuple[datetime, str | None, tuple[str, ...]]] = field(default_factory=dict)
    heirs: dict[str, str] = field(default_factory=dict)
    loose: set[str] = field(default_factory=set)
    published: dict[str, datetime] = field(default_factory=dict)
    sealed: dict[str, dict[str, list[tuple[str, int]]]] = field(default_factory=dict)

    def view(self, now: datetime, ident: str, at: datetime, event_id: str | None) -> None:
        known = event_id and event_id in self.seen and now.date() - self.seen[event_id] <= LATE
        if now - LATE <= at <= now + EARLY and not known:
            self.views.append((ident, at))
            self.seen |= {event_id: now.date()} if event_id else {}

    def root(self, ident: str) -> str:
        return self.root(self.heirs[ident]) if ident in self.heirs else ident

    def pass_to(self, now: datetime) -> None:
        for name in {self.calendar.week(at).name for _, at in self.views} - set(self.sealed):
            if self.calendar.named(name).ends + LATE <= now:
                self.sealed[name] = self.rankings(name, now) | self._with_withdrawn(name)

    def standing(self, name: str, kept: list[tuple[str, int]]) -> list[tuple[str, int]]:
        """A list that was kept as it stands now: names and links follow the articles, the withdrawn are left out."""
        if name == "topics":
            return kept
        found: dict[str, int] = {}
        for ident, views in kept:
            if self.root(ident) in self.articles:
                found.setdefault(self.root(ident), views)
        return list(found.items())

    def rankings(self, window: str, now: datetime) -> dict[str, list[tuple[str, int]]]:
        """Every list of a window, most read first; equal ones newest first, then by id."""
        counts: dict[str, dict[str, int]] = {}
        oldest = self.calendar.hour(now) - HOURS_7D
        for ident, at in self.views:
            root = self.root(ident)
            inside = at >= oldest if window == "7d" else self.calendar.week(at).name == window
            if inside and root in self.articles:
                _, section, topics = self.articles[root]
                own = ["all", *([f"section:{section}"] if section else []), *(f"topic:{topic}" for topic in topics)]
                for name, member in [*((name, root) for name in own), *(("topics", topic) for topic in topics)]:
                    counts.setdefault(name, {})
                    counts[name][member] = counts[name].get(member, 0) + 1
        return {name: sorted(found.items(), key=self._order)[:50] for name, found in counts.items()}

    def _with_withdrawn(self, week: str) -> dict[str, list[tuple[str, int]]]:
        roots = [self.root(ident) for ident, at in self.views if self.calendar.week(at).name == week]
        counts = {root: roots.count(root) for root in roots if root in self.published}
        return {"all": sorted(counts.items(), key=self._order)}

    def _order(self, entry: tuple[str, int]) -> tuple[int, float, str]:
        ident, views = entry
        newest = -self.published[ident].timestamp() if ident in self.published else 0.0
        return -views, newest, ident
