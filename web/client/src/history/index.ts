/** The past: who wrote what, what is new, playback and going back. */
export { attributionOf, useAttribution } from "./attribution";
export { changesSince, type ItemRange } from "./changes";
export { restoring } from "./restore";
export type { AttributionRun } from "./runs";
