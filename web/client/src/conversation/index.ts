/** Conversations as data: what the manifest says, and the operations that change it. Pure. */
export * from "./activity";
export * from "./building";
export * from "./ids";
export * from "./manifest";
export * from "./names";
export * from "./readState";
export * from "./tags";
export * from "./text";
export * from "./undoing";
