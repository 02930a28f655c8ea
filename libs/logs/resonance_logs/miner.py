"""Messages in, templates out: masks, Drain's clusters, and what of a cluster is one template."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from resonance_logs.clusters import Clusters
from resonance_logs.masks import Masker, refined, uniform
from resonance_logs.template import Template
from resonance_logs.variants import Key, Variants

MOST_CLUSTERS: Final = 2_000
_REMEMBERED: Final = 8_192


class Miner:
    """Finds the template of each message, in one pass and bounded memory.

    Args:
        most_clusters: Clusters of similar messages at the same time; beyond it those that came seldom and long ago
            are let go.
    """

    def __init__(self, most_clusters: int = MOST_CLUSTERS) -> None:
        self._masker = Masker()
        self._clusters = Clusters(most_clusters, self._seen, self._forget)
        self._variants: dict[int, Variants[Template]] = {}
        self._known: dict[str, Template] = {}
        self._next = 1
        self.forgotten = 0
        """Entries whose templates were let go."""
        self.merged: dict[int, int] = {}
        """By number of a template that turned out to be another one: the number of that one."""

    def __iter__(self) -> Iterator[Template]:
        """Templates that are kept."""
        found = (template for variants in self._variants.values() for _, template in variants)
        return (template for template in found if template.into is None)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def template(self, message: str) -> Template:
        """The template of a message. It may turn out to be another one's later: see `Template.into`."""
        masked = " ".join(self._masker.tokens(message))
        known = self._known.get(masked)
        if known is not None:
            return known
        found = self._find(refined(masked))
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[masked] = found
        return found

    def finish(self) -> None:
        """Decides what needs every message, and joins templates of different clusters that are the same."""
        for variants in self._variants.values():
            variants.finish()
        found = [one for variants in self._variants.values() for one in variants]
        first: dict[Key, Template] = {}
        for key, template in sorted(found, key=lambda one: one[1].id):
            if (same := first.setdefault(key, template)) is not template:
                self._merge(same, template)

    def number(self, id_: int) -> int:
        """The number of the template that a template with this number is now."""
        while (into := self.merged.get(id_)) is not None:
            id_ = into
        return id_

    def _find(self, shown: list[str]) -> Template:
        tokens = tuple(map(uniform, shown))
        cluster = self._clusters.place(tokens)
        variants = self._variants.setdefault(cluster.cluster_id, Variants(self._merge))
        found = variants.find(tokens)
        if found is None:
            found = variants.add(tokens, Template(self._next, tuple(shown)))
            self._next += 1
        found.also(shown)
        return found

    def _merge(self, stays: Template, goes: Template) -> None:
        if goes.seen:
            self.merged[goes.id] = stays.id
            self._known.clear()
        stays.take(goes)

    def _seen(self, cluster: int) -> int:
        return sum(template.seen for _, template in self._variants[cluster]) if cluster in self._variants else 0

    def _forget(self, cluster: int) -> None:
        variants = self._variants.pop(cluster, None)
        if variants is not None:
            self.forgotten += sum(template.seen for _, template in variants)
            self._known.clear()
