"""The nodes of the tree that holds a document's items, and how they are cut and joined.

Each node knows how many items it holds, and how many element starts and ends in it have no
partner in it, so that the elements open at a place are found without reading what lies before.
"""

from __future__ import annotations

from typing import Final, final

from wave_ot.runs import END, LONGEST_TEXT, SHORT_TEXT, START, TEXT, Run, join_neighbours

FANOUT: Final = 16
"""Runs in a leaf, or children of a branch, at most.

Measured on 1e6 items: with 8 an edit takes a quarter longer, with 32 no less.
"""

FEW: Final = FANOUT // 4  # a node with fewer is joined with a neighbour when both fit into one
_EVEN: Final = FANOUT * 2 // 3  # a node with too many is cut into nodes of about this many


class Node:
    """Base of leaves and branches, with what they hold in all."""

    __slots__ = ("closes", "opens", "size")

    def __init__(self) -> None:
        self.size = 0  # items
        self.opens = 0  # element starts whose end lies to the right of this node
        self.closes = 0  # element ends whose start lies to the left of this node


@final
class Leaf(Node):
    """A node that holds runs."""

    __slots__ = ("runs",)

    def __init__(self, runs: list[Run]) -> None:
        super().__init__()
        self.runs: Final = runs
        self.recount()

    def recount(self) -> None:
        """Set the totals from the runs."""
        size = 0
        opens = 0
        closes = 0
        for run in self.runs:
            size += run.length
            kind = run.kind
            if kind == START:
                opens += 1
            elif kind == END:
                if opens > 0:
                    opens -= 1
                else:
                    closes += 1
        self.size = size
        self.opens = opens
        self.closes = closes


@final
class Branch(Node):
    """A node that holds nodes, all of one height."""

    __slots__ = ("children",)

    def __init__(self, children: list[Node]) -> None:
        super().__init__()
        self.children: Final = children
        self.recount()

    def recount(self) -> None:
        """Set the totals from those of the children."""
        size = 0
        opens = 0
        closes = 0
        for child in self.children:
            size += child.size
            if child.closes > opens:
                closes += child.closes - opens
                opens = child.opens
            else:
                opens += child.opens - child.closes
        self.size = size
        self.opens = opens
        self.closes = closes


def _cuts(count: int) -> list[int]:
    """Where to cut ``count`` entries so that the pieces are even: the first entry of each piece, and the end."""
    pieces = -(-count // _EVEN)
    return [count * piece // pieces for piece in range(pieces + 1)]


def cut_leaf(leaf: Leaf) -> list[Node]:
    """The leaf itself, or leaves with its runs if it holds too many, or nothing if it is empty."""
    if len(leaf.runs) <= FANOUT:
        return [leaf] if leaf.runs else []
    cuts = _cuts(len(leaf.runs))
    return [Leaf(leaf.runs[cuts[piece] : cuts[piece + 1]]) for piece in range(len(cuts) - 1)]


def cut_branch(branch: Branch) -> list[Node]:
    """As ``cut_leaf``, for a branch."""
    if len(branch.children) <= FANOUT:
        return [branch] if branch.children else []
    cuts = _cuts(len(branch.children))
    return [Branch(branch.children[cuts[piece] : cuts[piece + 1]]) for piece in range(len(cuts) - 1)]


def join_if_few(children: list[Node], slot: int) -> None:
    """Join the child at ``slot``, if it holds few entries, with a neighbour that has room for them."""
    if len(children) < 2 or _entries(children[slot]) >= FEW:
        return
    left_slot = slot if slot + 1 < len(children) else slot - 1
    left = children[left_slot]
    right = children[left_slot + 1]
    if _entries(left) + _entries(right) > FANOUT:
        return
    if isinstance(left, Leaf):
        assert isinstance(right, Leaf)
        joint = len(left.runs)
        left.runs.extend(right.runs)
        join_neighbours(left.runs, joint, joint)
        left.recount()
    else:
        assert isinstance(left, Branch)
        assert isinstance(right, Branch)
        left.children.extend(right.children)
        left.recount()
    del children[left_slot + 1]


def _entries(node: Node) -> int:
    if isinstance(node, Leaf):
        return len(node.runs)
    assert isinstance(node, Branch)
    return len(node.children)


def check_node(node: Node, is_root: bool) -> int:
    """Check a node and all below it; its height comes back."""
    entries = _entries(node)
    assert entries <= FANOUT, "too many entries"
    assert entries > 0 or (is_root and isinstance(node, Leaf)), "an empty node"
    size, opens, closes = node.size, node.opens, node.closes
    height = 0
    if isinstance(node, Leaf):
        node.recount()
        for run in node.runs:
            _check_run(run)
        for left, right in zip(node.runs, node.runs[1:], strict=False):
            assert left.length >= SHORT_TEXT or right.length >= SHORT_TEXT or not _same(left, right), "fragments"
    else:
        assert isinstance(node, Branch)
        heights = {check_node(child, False) for child in node.children}
        assert len(heights) == 1, "children of different heights"
        assert not is_root or entries > 1, "a root with one child"
        node.recount()
        height = heights.pop() + 1
    assert (size, opens, closes) == (node.size, node.opens, node.closes), "totals that do not match"
    return height


def _check_run(run: Run) -> None:
    assert run.length == (len(run.text) if run.kind == TEXT else 1), "a run of the wrong length"
    assert 0 < run.length <= LONGEST_TEXT, "a run too long or empty"
    assert (run.element is not None) == (run.kind == START), "an element where none belongs"


def _same(left: Run, right: Run) -> bool:
    return left.kind == TEXT and right.kind == TEXT and left.annotations == right.annotations
