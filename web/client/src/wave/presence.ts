/**
 * Who is here now, told by the cursors that arrive. Pure.
 *
 * A cursor in the manifest means "here, without a caret"; the sync layer drops cursors half a minute after
 * the last sign of life.
 */
import type { RemoteCursor } from "../sync";

/** The addresses of those who have any of the wave's wavelets open, each once, sorted. */
export function hereNow(cursors: readonly RemoteCursor[], self: string): readonly string[] {
  return [...new Set(cursors.map((cursor) => cursor.author))].filter((author) => author !== self).sort();
}
