/** The past: who wrote what, and what is new of it. */
export { attributionOf } from "./attribution";
export { changesSince } from "./changes";
export type { AttributionRun } from "./runs";
export { historySource } from "./source";
export type { TimelinePoint } from "./timeline";
