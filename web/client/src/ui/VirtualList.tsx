import type { ComponentChildren, JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { rowWindow } from "./window";
import "./virtualList.css";

export interface VirtualListProps<Item> {
  readonly label: string;
  readonly items: readonly Item[];
  readonly keyOf: (item: Item) => string;
  /** The same for every row, in rem: it grows with the reader's text size. */
  readonly rowRem: number;
  readonly renderRow: (item: Item, index: number) => ComponentChildren;
  /** Always in the page, so that it can take the focus: the row that the keyboard is at. -1 for none. */
  readonly active?: number;
  /** Called when the last rows come into sight. */
  readonly onEnd?: () => void;
  /** Shown after the last row. */
  readonly footer?: ComponentChildren;
}

const OVERSCAN = 6; // rows beyond each edge
const ASSUMED_VIEWPORT = 900; // px, until the first measurement

/** A list of any length of which only what is seen is in the page. It scrolls itself. */
export function VirtualList<Item>(props: VirtualListProps<Item>): JSX.Element {
  const { items, active = -1, onEnd } = props;
  const ref = useRef<HTMLDivElement>(null);
  const [scrollTop, setScrollTop] = useState(0);
  const [viewport, setViewport] = useState(ASSUMED_VIEWPORT);
  const rowHeight = props.rowRem * rootFontSize();

  useLayoutEffect(() => {
    const scroller = ref.current;
    if (scroller === null) return;
    const measure = (): void => setViewport(scroller.clientHeight);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(scroller);
    return () => observer.disconnect();
  }, []);
  const top = useRef<{ readonly key: string; readonly index: number } | null>(null);
  useLayoutEffect(() => {
    // Rows that come or go above what is seen must not move it.
    const scroller = ref.current;
    const before = top.current;
    if (scroller === null || before === null || scroller.scrollTop === 0) return;
    const index = items.findIndex((item) => props.keyOf(item) === before.key);
    if (index >= 0) scroller.scrollTop += (index - before.index) * rowHeight;
  }, [items]);
  useLayoutEffect(() => {
    const index = Math.floor(scrollTop / rowHeight);
    const seen = items[index];
    top.current = seen === undefined ? null : { key: props.keyOf(seen), index };
  });

  const { first, end } = rowWindow(scrollTop, viewport, rowHeight, items.length, OVERSCAN);
  const atEnd = end >= items.length;
  useEffect(() => {
    if (atEnd) onEnd?.();
  }, [atEnd, items.length, onEnd]);

  const row = (index: number): JSX.Element | null => {
    const item = items[index];
    if (item === undefined) return null;
    const style = { height: `${rowHeight}px`, transform: `translateY(${index * rowHeight}px)` };
    return (
      <li
        key={props.keyOf(item)}
        class="gs-virtual-row"
        style={style}
        aria-setsize={items.length}
        aria-posinset={index + 1}
      >
        {props.renderRow(item, index)}
      </li>
    );
  };
  const indices = Array.from({ length: end - first }, (_, offset) => first + offset);
  if (active >= 0 && active < items.length && (active < first || active >= end)) indices.push(active);
  return (
    <div ref={ref} class="gs-virtual" onScroll={(event) => setScrollTop(event.currentTarget.scrollTop)}>
      <ul class="gs-virtual-rows" aria-label={props.label} style={{ height: `${items.length * rowHeight}px` }}>
        {indices.sort((a, b) => a - b).map(row)}
      </ul>
      {props.footer}
    </div>
  );
}

function rootFontSize(): number {
  const size = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  return Number.isFinite(size) ? size : 16;
}
