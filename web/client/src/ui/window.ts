/** Which rows of a long list of equal rows are worth having in the page. Heights in px, rows counted from 0. */
export interface RowWindow {
  readonly first: number;
  /** One after the last. */
  readonly end: number;
}

/** The rows that a viewport sees, and `overscan` more at each side, so that scrolling does not show holes. */
export function rowWindow(
  scrollTop: number,
  viewport: number,
  rowHeight: number,
  rows: number,
  overscan: number,
): RowWindow {
  const first = Math.floor(Math.max(0, scrollTop) / rowHeight) - overscan;
  const end = Math.ceil((Math.max(0, scrollTop) + viewport) / rowHeight) + overscan;
  return { first: Math.max(0, Math.min(first, rows)), end: Math.max(0, Math.min(end, rows)) };
}
