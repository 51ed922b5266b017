/** Where the arrow keys, Home, End and letters lead in a menu or a list of choices. */

/** The index to go to, or null when the key does not move. Around the ends; -1 for `at` is "nowhere yet". */
export function nextIndex(key: string, at: number, length: number): number | null {
  if (length === 0) return null;
  switch (key) {
    case "ArrowDown":
      return (at + 1) % length;
    case "ArrowUp":
      return at <= 0 ? length - 1 : at - 1;
    case "Home":
      return 0;
    case "End":
      return length - 1;
    default:
      return null;
  }
}

/** The next entry after `at` that begins with the letter typed, or null when the key is no letter or nothing does. */
export function typeahead(key: string, at: number, labels: readonly string[]): number | null {
  if ([...key].length !== 1 || key === " ") return null;
  const letter = key.toLocaleLowerCase();
  for (let step = 1; step <= labels.length; step += 1) {
    const index = (at + step) % labels.length;
    if (labels[index]?.trim().toLocaleLowerCase().startsWith(letter) === true) return index;
  }
  return null;
}
