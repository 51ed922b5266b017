/** The past: who wrote what, and what is new of it. */
export { attributionOf } from "./attribution";
export { changesSince, type ItemRange } from "./changes";
export type { AttributionRun } from "./runs";
