/** One or two letters for a name: of its first and last words, whole characters also where they are astral or emoji. */
export function initials(name: string): string {
  const words = name
    .split("@")[0]
    ?.split(/[\s._-]+/u)
    .filter((word) => word !== "");
  const first = words?.[0];
  if (words === undefined || first === undefined) return "?";
  const last = words.length > 1 ? words[words.length - 1] : undefined;
  return (firstCharacter(first) + (last === undefined ? "" : firstCharacter(last))).toLocaleUpperCase();
}

function firstCharacter(word: string): string {
  const [grapheme] = new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(word);
  return grapheme?.segment ?? "";
}
