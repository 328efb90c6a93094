"""What the fragments show that every page includes."""

from dataclasses import dataclass
from datetime import datetime

from shared.articles import Card, Term
from shared.conditions import Conditions
from shared.site_settings import SiteSettings


@dataclass(frozen=True, slots=True)
class Masthead:
    """The date, the weather and the name of the paper. Conditions that are too old at `tick` lose the temperature."""

    site: SiteSettings
    tick: datetime
    conditions: Conditions | None = None

    @property
    def city(self) -> str:
        """The city of the conditions, else of the site."""
        return self.conditions.city if self.conditions else self.site.city

    @property
    def temperature_c(self) -> float | None:
        """The temperature while it is fresh."""
        if self.conditions and self.conditions.expire_at(self.site.conditions_expire) > self.tick:
            return self.conditions.temperature_c
        return None


@dataclass(frozen=True, slots=True)
class Navigation:
    """The sections that have articles, in the order of the bar."""

    site: SiteSettings
    sections: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class HotFragment:
    """Hot this week: the most read, most read first."""

    site: SiteSettings
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class TopicCard:
    """The newest article of a topic; without the topic, an article that stands in before there are views."""

    topic: Term | None
    card: Card


@dataclass(frozen=True, slots=True)
class TopicsFragment:
    """The most read topics, each with its newest article."""

    site: SiteSettings
    cards: tuple[TopicCard, ...]
