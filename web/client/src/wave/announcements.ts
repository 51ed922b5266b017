/**
 * What others do, in a sentence now and then, for people who cannot see it happen.
 *
 * A pure collector: what happens within a while is told as one sentence, so that typing is not a torrent.
 */

/** Something that another participant did. */
export type Happening =
  | { readonly kind: "wrote"; readonly author: string; readonly blip: string }
  | { readonly kind: "replied"; readonly author: string; readonly blip: string }
  | { readonly kind: "deleted"; readonly author: string; readonly blip: string }
  | { readonly kind: "joined"; readonly author: string; readonly address: string }
  | { readonly kind: "left"; readonly author: string; readonly address: string };

/** At most one announcement in this time, in ms. */
export const QUIET_TIME = 5_000;

/** What of these is worth telling: each thing once, nothing written into a blip that was just added, the last few. */
export function worthTelling(happenings: readonly Happening[], most = 3): readonly Happening[] {
  const added = new Set(happenings.filter(({ kind }) => kind === "replied").map((happening) => subject(happening)));
  const seen = new Set<string>();
  const kept: Happening[] = [];
  for (const happening of [...happenings].reverse()) {
    const key = `${happening.kind} ${happening.author} ${subject(happening)}`;
    if (seen.has(key) || (happening.kind === "wrote" && added.has(happening.blip))) continue;
    seen.add(key);
    kept.push(happening);
  }
  return kept.slice(0, most).reverse();
}

function subject(happening: Happening): string {
  return "blip" in happening ? happening.blip : happening.address;
}
