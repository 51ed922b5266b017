"""A balanced tree of runs: find, insert, delete and change items in time logarithmic in their number.

A B+tree. Each node knows how many items it holds, and how many element starts and ends in it have
no partner in it, so that the elements open at a place are found without reading what lies before.
There are no links upwards: the tree remembers the way to the leaf used last, its *finger*, which
also makes the next edit near by cheap.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, final

from wave_ot.annotations import NO_ANNOTATIONS, AnnotationMap, AnnotationUpdate
from wave_ot.components import ElementStart
from wave_ot.runs import END, LONGEST_TEXT, SHORT_TEXT, START, TEXT, Run, join_neighbours

FANOUT: Final = 16
"""Runs in a leaf, or children of a branch, at most. Measured on 1e6 items: with 8 an edit takes a quarter longer, with 32 no less."""

_FEW: Final = FANOUT // 4  # a node with fewer is joined with a neighbour when both fit into one
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


@final
class ItemTree:
    """The items of a document, in order. Callers give positions that exist; nothing is checked here.

    ``seek`` leaves its answer in ``leaf``, ``index`` and ``offset``: the finger stands in run
    ``index`` of ``leaf``, after ``offset`` items of it. It leans to the left: between two runs
    it stands at the end of the first.
    """

    def __init__(self) -> None:
        self._root: Node = Leaf([])
        self._path: Final[list[Branch]] = []  # from the root to the parent of the finger's leaf
        self._slots: Final[list[int]] = []  # which child of each branch of the path is the next
        self._start = 0  # the position of the leaf's first item
        self._at = -1  # the position that index and offset are for; -1: none
        self.leaf: Leaf = self._first_leaf()
        self.index = 0
        self.offset = 0

    @property
    def size(self) -> int:
        """How many items there are."""
        return self._root.size

    # Finding

    def seek(self, position: int) -> None:
        """Put the finger just before item ``position``, which may be the end of the document."""
        if position == self._at:
            return
        local = position - self._start
        if local > self.leaf.size or (local <= 0 and self._start != 0) or self._start < 0:
            local = self._descend(position)
        runs = self.leaf.runs
        index = 0
        if runs:
            length = runs[0].length
            while local > length:
                local -= length
                index += 1
                length = runs[index].length
        self.index = index
        self.offset = local
        self._at = position

    def _descend(self, position: int) -> int:
        """Find the leaf of ``position``; the position inside it comes back."""
        self._path.clear()
        self._slots.clear()
        local = position
        node = self._root
        while isinstance(node, Branch):
            children = node.children
            slot = 0
            child = children[0]
            while local > child.size:
                local -= child.size
                slot += 1
                child = children[slot]
            self._path.append(node)
            self._slots.append(slot)
            node = child
        assert isinstance(node, Leaf)
        self.leaf = node
        self._start = position - local
        return local

    def run_of(self, position: int) -> Run:
        """The run that holds item ``position``; the finger stands after that item."""
        self.seek(position + 1)
        return self.leaf.runs[self.index]

    def annotations_before(self, position: int) -> AnnotationMap:
        """The annotations of the item just left of ``position``; none at the document's start."""
        if position == 0:
            return NO_ANNOTATIONS
        self.seek(position)
        return self.leaf.runs[self.index].annotations

    def enclosing(self, position: int, at_most: int) -> list[ElementStart]:
        """The starts of the elements open at ``position``, innermost first, no more than ``at_most`` of them."""
        if position == 0:
            return []
        self.seek(position)
        stack = _OpenElements(at_most)
        stack.read_runs(self.leaf.runs, self.index)
        for level in range(len(self._path) - 1, -1, -1):
            children = self._path[level].children
            for slot in range(self._slots[level] - 1, -1, -1):
                stack.read(children[slot])
        return stack.found

    def runs(self) -> Iterator[Run]:
        """All runs in order. The tree must not change meanwhile."""
        stack: list[Node] = [self._root]
        while stack:
            node = stack.pop()
            if isinstance(node, Branch):
                stack.extend(reversed(node.children))
            else:
                assert isinstance(node, Leaf)
                yield from node.runs

    # Changing

    def replace(self, position: int, deleted: int, inserted: list[Run]) -> None:
        """Delete ``deleted`` items at ``position`` and put ``inserted`` there, whose runs become the tree's."""
        if deleted > 0:
            self._delete(position, deleted)
        if not inserted:
            return
        if len(inserted) == 1 and self._type_into_run(position, inserted[0]):
            return
        self._insert(position, inserted)

    def set_element(self, position: int, element: ElementStart) -> None:
        """Exchange the element start at ``position``."""
        self.run_of(position).element = element

    def annotate(self, position: int, items: int, update: AnnotationUpdate) -> None:
        """Change the annotations of ``items`` items from ``position``; all must have the update's old values."""
        end = position + items
        while position < end:
            self.run_of(position)
            leaf = self.leaf
            stop = min(end, self._start + leaf.size)
            first = self.index
            offset = self.offset - 1
            changed: list[Run] = []
            remaining = stop - position
            if offset > 0:
                changed.append(leaf.runs[first].part(0, offset))
            index = first
            while remaining > 0:
                run = leaf.runs[index]
                taken = min(run.length - offset, remaining)
                part = run.part(offset, offset + taken)
                annotations = update.updated(run.annotations)
                assert annotations is not None
                part.annotations = annotations
                changed.append(part)
                remaining -= taken
                if remaining == 0 and offset + taken < run.length:
                    changed.append(run.part(offset + taken, run.length))
                offset = 0
                index += 1
            leaf.runs[first:index] = changed
            join_neighbours(leaf.runs, first, first + len(changed))
            self._settle()
            position = stop

    def _type_into_run(self, position: int, typed: Run) -> bool:
        """Insert text into the run left of ``position``, where that is all it takes; False if it is not."""
        if position == 0 or typed.kind != TEXT:
            return False
        self.seek(position)
        run = self.leaf.runs[self.index]
        length = run.length + typed.length
        if run.kind != TEXT or length > LONGEST_TEXT or run.annotations != typed.annotations:
            return False
        offset = self.offset
        text = run.text
        if offset == run.length:
            run.text = text + typed.text
        else:
            run.text = text[:offset] + typed.text + text[offset:]
        run.length = length
        self._resize(typed.length)
        self.offset = offset + typed.length
        self._at = position + typed.length
        return True

    def _insert(self, position: int, inserted: list[Run]) -> None:
        self.seek(position)
        runs = self.leaf.runs
        first = self.index
        added = len(inserted)
        if not runs or self.offset == 0:
            runs[0:0] = inserted
            first = 0
        elif self.offset == runs[first].length:
            first += 1
            runs[first:first] = inserted
        else:
            run = runs[first]
            cut = [run.part(0, self.offset), *inserted, run.part(self.offset, run.length)]
            runs[first : first + 1] = cut
            added += 2
        join_neighbours(runs, first, first + added)
        self._settle()

    def _delete(self, position: int, items: int) -> None:
        while items > 0:
            run = self.run_of(position)
            offset = self.offset - 1
            if offset + items <= run.length and items < run.length:
                self._delete_from_run(run, offset, items)
                return
            taken = min(items, self._start + self.leaf.size - position)
            self._delete_from_leaf(offset, taken)
            items -= taken

    def _delete_from_run(self, run: Run, offset: int, items: int) -> None:
        text = run.text
        if offset + items == run.length:
            run.text = text[:offset]
        else:
            run.text = text[:offset] + text[offset + items :]
        run.length -= items
        self._at = -1
        self._resize(-items)
        if run.length < SHORT_TEXT:
            runs = self.leaf.runs
            before = len(runs)
            join_neighbours(runs, self.index, self.index + 1)
            if len(runs) < before:
                self._settle()

    def _delete_from_leaf(self, offset: int, items: int) -> None:
        """Delete ``items`` items of the finger's leaf, from ``offset`` in the finger's run on."""
        runs = self.leaf.runs
        first = self.index
        index = first
        end = offset + items
        while end > runs[index].length:
            end -= runs[index].length
            index += 1
        kept: list[Run] = []
        if offset > 0:
            kept.append(runs[first].part(0, offset))
        if end < runs[index].length:
            kept.append(runs[index].part(end, runs[index].length))
        runs[first : index + 1] = kept
        join_neighbours(runs, first, first + len(kept))
        self._settle()

    # Keeping the totals and the balance

    def _resize(self, items: int) -> None:
        """The finger's leaf has grown by ``items`` characters of text."""
        self.leaf.size += items
        for branch in self._path:
            branch.size += items

    def _settle(self) -> None:
        """The runs of the finger's leaf have changed: set the totals and balance the way up from it."""
        leaf = self.leaf
        size, opens, closes = leaf.size, leaf.opens, leaf.closes
        leaf.recount()
        self._at = -1
        count = len(leaf.runs)
        if (count > FANOUT or count < _FEW) and self._path:
            self._rebuild()
        elif count > FANOUT:
            self._set_root(_cut_leaf(leaf))
        elif leaf.opens == opens and leaf.closes == closes:
            for branch in self._path:
                branch.size += leaf.size - size
        else:
            for level in range(len(self._path) - 1, -1, -1):
                self._path[level].recount()

    def _rebuild(self) -> None:
        """Cut or join nodes on the way up from the finger's leaf, which holds too many runs or few."""
        nodes: list[Node] = _cut_leaf(self.leaf)
        for level in range(len(self._path) - 1, -1, -1):
            branch = self._path[level]
            slot = self._slots[level]
            branch.children[slot : slot + 1] = nodes
            if len(nodes) == 1:
                _join_if_few(branch.children, slot)
            branch.recount()
            nodes = _cut_branch(branch)
        self._set_root(nodes)

    def _set_root(self, nodes: list[Node]) -> None:
        while len(nodes) > 1:
            nodes = _cut_branch(Branch(nodes))
        root: Node = nodes[0] if nodes else Leaf([])
        while isinstance(root, Branch) and len(root.children) == 1:
            root = root.children[0]
        self._root = root
        self._start = -1  # the finger's way is gone

    def _first_leaf(self) -> Leaf:
        self._descend(0)
        return self.leaf

    def check(self) -> None:
        """Raise AssertionError unless totals and balance are as they should be; linear, for tests."""
        _check_node(self._root, True)


@final
class _OpenElements:
    """Reads items backwards and finds the element starts that have not been ended."""

    def __init__(self, at_most: int) -> None:
        self.found: Final[list[ElementStart]] = []
        self._ended = 0  # ends read whose starts are still to come
        self._at_most = at_most

    def read(self, node: Node) -> None:
        """Read a whole node: without looking into it when none of its starts matters."""
        if len(self.found) >= self._at_most:
            return
        if node.opens <= self._ended:
            self._ended += node.closes - node.opens
        elif isinstance(node, Branch):
            for slot in range(len(node.children) - 1, -1, -1):
                self.read(node.children[slot])
        else:
            assert isinstance(node, Leaf)
            self.read_runs(node.runs, len(node.runs) - 1)

    def read_runs(self, runs: list[Run], last: int) -> None:
        """Read the runs from ``last`` down to the first."""
        for index in range(last, -1, -1):
            run = runs[index]
            if run.kind == END:
                self._ended += 1
            elif run.kind == START:
                if self._ended > 0:
                    self._ended -= 1
                elif len(self.found) < self._at_most:
                    assert run.element is not None
                    self.found.append(run.element)


def _cuts(count: int) -> list[int]:
    """Where to cut ``count`` entries so that the pieces are even: the first entry of each piece, and the end."""
    pieces = -(-count // _EVEN)
    return [count * piece // pieces for piece in range(pieces + 1)]


def _cut_leaf(leaf: Leaf) -> list[Node]:
    """The leaf itself, or leaves with its runs if it holds too many, or nothing if it is empty."""
    if len(leaf.runs) <= FANOUT:
        return [leaf] if leaf.runs else []
    cuts = _cuts(len(leaf.runs))
    return [Leaf(leaf.runs[cuts[piece] : cuts[piece + 1]]) for piece in range(len(cuts) - 1)]


def _cut_branch(branch: Branch) -> list[Node]:
    """As ``_cut_leaf``, for a branch."""
    if len(branch.children) <= FANOUT:
        return [branch] if branch.children else []
    cuts = _cuts(len(branch.children))
    return [Branch(branch.children[cuts[piece] : cuts[piece + 1]]) for piece in range(len(cuts) - 1)]


def _join_if_few(children: list[Node], slot: int) -> None:
    """Join the child at ``slot``, if it holds few entries, with a neighbour that has room for them."""
    if len(children) < 2 or _entries(children[slot]) >= _FEW:
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


def _check_node(node: Node, is_root: bool) -> int:
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
        heights = {_check_node(child, False) for child in node.children}
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
