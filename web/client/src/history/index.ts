/** The past: who wrote what, and what is new of it. */
export { attributionOf } from "./attribution";
export { changesSince } from "./changes";
export type { AttributionRun } from "./runs";
export { type Contribution, type Signing, signatures } from "./signatures";
export { historySource } from "./source";
export type { TimelinePoint } from "./timeline";
