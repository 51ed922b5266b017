/** Where the focus goes in the list's column. */

/** To the row of a wave, which scrolls into sight; false when the list does not have it. */
export function focusRow(pane: ParentNode | null, wave: string): boolean {
  const row = pane?.querySelector<HTMLElement>(`[data-wave="${CSS.escape(wave)}"]`) ?? null;
  row?.focus();
  return row !== null;
}

/** To the search field, if it is shown. */
export function focusSearch(): boolean {
  const field = document.querySelector<HTMLInputElement>(".gs-search input");
  field?.focus();
  field?.select();
  return field !== null;
}
