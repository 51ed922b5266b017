/** What the server asks of accounts, checked here first so that nobody waits for it. */

/** The shortest password, in characters. */
export const LEAST_PASSWORD = 8;

/** The longest display name, in characters. */
export const LONGEST_NAME = 64;
