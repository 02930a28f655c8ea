"""Drain3's tree, bounded: at most so many clusters, so many in one node, and marks of masks count as agreement.

Drain (He et al. 2017) puts a message into the cluster of its length and first tokens that shares most tokens with it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Final

from drain3.drain import Drain, LogCluster, Node

SIMILARITY: Final = 0.6
DEPTH: Final = 5
MOST_CHILDREN: Final = 100
MOST_IN_NODE: Final = 100
"""Clusters below one node: beyond it, a message goes to the most similar one, however little they share."""
CONSIDERED: Final = 64
WILD: Final = "<?>"
"""Drain's own mark of a place where messages differ; that of a mask is another."""


class _Kept(OrderedDict[int, LogCluster]):
    """Clusters by id, the least recently used first. When it is full, the smallest of the first is let go, and the
    others of them go to the end: those that came often stay, however long ago they came."""

    def __init__(self, most: int, weigh: Callable[[int], int], forget: Callable[[int], None]) -> None:
        super().__init__()
        self._most = most
        self._weigh = weigh
        self._forget = forget

    def __getitem__(self, key: int) -> LogCluster:
        self.move_to_end(key)
        return super().__getitem__(key)

    def __setitem__(self, key: int, cluster: LogCluster) -> None:
        if key not in self and len(self) >= self._most:
            oldest = list(islice(self, CONSIDERED))
            gone = min(oldest, key=self._weigh)
            for one in oldest:
                self.move_to_end(one)
            del self[gone]
            self._forget(gone)
        super().__setitem__(key, cluster)


class Clusters(Drain):
    """The tree.

    Args:
        most: Clusters at the same time.
        weigh: How many entries a cluster has, by id.
        forget: Called with the id of a cluster that was let go.
    """

    def __init__(self, most: int, weigh: Callable[[int], int], forget: Callable[[int], None]) -> None:
        super().__init__(depth=DEPTH, sim_th=SIMILARITY, max_children=MOST_CHILDREN, param_str=WILD)
        self.id_to_cluster = _Kept(most, weigh, forget)
        self._most = most
        self._swept = 0

    @staticmethod
    def has_numbers(s: str) -> bool:
        """Whether a token is a bad branch of the tree: masked ones are, as Drain says of those with digits."""
        return "<" in s

    def place(self, tokens: Sequence[str]) -> LogCluster:
        """The cluster that a message of these tokens goes to, a new one where none is similar."""
        cluster, _ = self.add_log_message(" ".join(tokens))
        if self.clusters_counter - self._swept >= self._most:
            self._swept = self.clusters_counter
            self._sweep(self.root_node)
        return cluster

    def _sweep(self, node: Node) -> bool:
        """Takes clusters that were let go out of the tree, and nodes that are empty then; whether this one is."""
        node.cluster_ids = [id_ for id_ in node.cluster_ids if id_ in self.id_to_cluster]
        for key, child in list(node.key_to_child_node.items()):
            if self._sweep(child):
                del node.key_to_child_node[key]
        return not node.cluster_ids and not node.key_to_child_node

    def fast_match(
        self, cluster_ids: Sequence[int], tokens: list[str], sim_th: float, include_params: bool
    ) -> LogCluster | None:
        """The most similar cluster of a node; None where it is not similar enough and there is room for another."""
        full = (
            len(cluster_ids) >= MOST_IN_NODE and sum(id_ in self.id_to_cluster for id_ in cluster_ids) >= MOST_IN_NODE
        )
        return super().fast_match(cluster_ids, tokens, 0.0 if full else sim_th, include_params)
