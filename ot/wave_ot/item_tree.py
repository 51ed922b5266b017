"""A balanced tree of runs: find, insert, delete and change items in time logarithmic in their number.

A B+tree whose nodes have no links upwards: the tree remembers the way to the leaf used last, its
*finger*, which also makes the next edit near by cheap.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, final

from wave_ot.annotations import NO_ANNOTATIONS, AnnotationMap, AnnotationUpdate
from wave_ot.components import ElementStart
from wave_ot.runs import END, LONGEST_TEXT, SHORT_TEXT, START, TEXT, Run, join_neighbours, updated_runs
from wave_ot.tree_nodes import FANOUT, FEW, Branch, Leaf, Node, check_node, cut_branch, cut_leaf, join_if_few


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
            runs = self.leaf.runs
            first = self.index
            stop = min(end, self._start + self.leaf.size)
            changed, last = updated_runs(runs, first, self.offset - 1, stop - position, update)
            runs[first:last] = changed
            join_neighbours(runs, first, first + len(changed))
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
        if (count > FANOUT or count < FEW) and self._path:
            self._rebuild()
        elif count > FANOUT:
            self._set_root(cut_leaf(leaf))
        elif leaf.opens == opens and leaf.closes == closes:
            for branch in self._path:
                branch.size += leaf.size - size
        else:
            for level in range(len(self._path) - 1, -1, -1):
                self._path[level].recount()

    def _rebuild(self) -> None:
        """Cut or join nodes on the way up from the finger's leaf, which holds too many runs or few."""
        nodes: list[Node] = cut_leaf(self.leaf)
        for level in range(len(self._path) - 1, -1, -1):
            branch = self._path[level]
            slot = self._slots[level]
            branch.children[slot : slot + 1] = nodes
            if len(nodes) == 1:
                join_if_few(branch.children, slot)
            branch.recount()
            nodes = cut_branch(branch)
        self._set_root(nodes)

    def _set_root(self, nodes: list[Node]) -> None:
        while len(nodes) > 1:
            nodes = cut_branch(Branch(nodes))
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
        check_node(self._root, True)


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
