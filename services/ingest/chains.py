"""Chains of rewrites: which member readers see. Pure.

`evolved_from` links guids of one source. The live member of a chain is its newest end; all others lead to it. A
chain is down while any member is withdrawn, unless some member's usable state was updated later than every
withdrawal. A version without updated_at is as old as its acceptance; where it has a number, the order in which versions
arrive says nothing, and it is older than all others. A withdrawal without one, or with but that of what it withdraws,
is later than all that was known then.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.articles import Article, identify
from shared.times import LONG_AGO


@dataclass(frozen=True, slots=True)
class Standing:
    """What the site does with a member: show it, lead from it to another one, or answer 410."""

    replaced_by: str | None = None
    down: bool = False


SHOWN = Standing()


def parent(article: Article) -> str | None:
    """The id of what an article is a rewrite of."""
    return identify(article.source, article.evolved_from) if article.evolved_from else None


def is_cycle(ident: str, members: Mapping[str, Article]) -> bool:
    """Whether an article is, by way of others, a rewrite of itself."""
    seen, at = set(), ident
    while at in members and at not in seen:
        seen.add(at)
        at = parent(members[at]) or ""
    return at == ident


def standings(members: Mapping[str, Article]) -> dict[str, Standing]:
    """What the site does with each of the members that are known."""
    if len(members) == 1:  # most articles are no rewrites
        return {ident: Standing(down=article.state == "withdrawn") for ident, article in members.items()}
    found: dict[str, Standing] = {}
    for chain in _chains(members):
        found |= _of_chain([members[ident] for ident in chain])
    return found


def dated(before: Article | None, after: Article, members: Mapping[str, Article]) -> Article:
    """A new state; a withdrawal that names no moment of its own is dated later than all that is known of its chain: a
    sender's clock may be ahead. One that is told again stays when it was."""
    is_told_again = before is not None and before.withdrawn_at == after.withdrawn_at
    if after.state != "withdrawn" or after.withdrawn_at == after.ordered_at or is_told_again:
        return after
    moments = filter(None, (latest(members.values()), _withdrawn_at(after)))
    return after.model_copy(update={"withdrawn_at": max(moments)})


def latest(members: Iterable[Article]) -> datetime | None:
    """When the usable ones among these were last updated; None without any."""
    return max((_updated_at(article) for article in members if article.state == "published"), default=None)


def _of_chain(chain: list[Article]) -> dict[str, Standing]:
    usable = [article for article in chain if article.state == "published"]
    withdrawals = [_withdrawn_at(article) for article in chain if article.state == "withdrawn"]
    if not usable or (withdrawals and max(map(_updated_at, usable)) <= max(withdrawals)):
        return {article.id: Standing(down=True) for article in chain}
    rewritten = _rewritten_by(usable, {article.id: article for article in chain})
    ends = [article for article in usable if article.id not in rewritten]
    newest = max(ends or usable, key=lambda article: (_updated_at(article), article.guid))
    return {article.id: SHOWN if article is newest else Standing(replaced_by=newest.id) for article in chain}


def _rewritten_by(articles: Iterable[Article], chain: Mapping[str, Article]) -> set[str]:
    """The ids of all that these are rewrites of, also by way of those that are withdrawn."""
    found: set[str] = set()
    for article in articles:
        above = parent(article)
        while above is not None and above not in found:
            found.add(above)
            above = parent(chain[above]) if above in chain else None
    return found


def _chains(members: Mapping[str, Article]) -> Iterable[set[str]]:
    """The members that are linked, by way of unknown ones too."""
    groups: dict[str, set[str]] = {}
    for ident, article in members.items():
        linked = [ident, *([above] if (above := parent(article)) else [])]
        merged = set(linked).union(*(groups.get(one, set()) for one in linked))
        for one in merged:
            groups[one] = merged
    for group in {id(group): group for group in groups.values()}.values():
        if known := group & members.keys():
            yield known


def _updated_at(article: Article) -> datetime:
    return article.ordered_at or (LONG_AGO if article.is_numbered else article.accepted_at)


def _withdrawn_at(article: Article) -> datetime:
    return article.withdrawn_at or article.accepted_at
