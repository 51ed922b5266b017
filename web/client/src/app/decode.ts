/** Decoders: functions that turn what came from outside into a value of a type, or refuse it. */

/** Returns the value as a T, or throws DecodeError. */
export type Decoder<T> = (value: unknown) => T;

/** What came does not have the promised shape. */
export class DecodeError extends Error {
  override readonly name = "DecodeError";
}

export const string: Decoder<string> = (value) => (typeof value === "string" ? value : refuse("a string", value));
export const boolean: Decoder<boolean> = (value) =>
  typeof value === "boolean" ? value : refuse("true or false", value);

/** A finite number. */
export const number: Decoder<number> = (value) =>
  Number.isFinite(value) ? (value as number) : refuse("a number", value);

/** Any value at all, for answers whose body does not matter. */
export const nothing: Decoder<void> = () => undefined;

/** One of some strings. */
export function oneOf<const Choices extends readonly string[]>(...choices: Choices): Decoder<Choices[number]> {
  return (value) => choices.find((choice) => choice === value) ?? refuse(choices.join(" or "), value);
}

/** The inner value, or null. */
export function nullable<T>(inner: Decoder<T>): Decoder<T | null> {
  return (value) => (value === null ? null : inner(value));
}

/** The inner value; absent and null become `fallback`. */
export function withDefault<T>(inner: Decoder<T>, fallback: T): Decoder<T> {
  return (value) => (value === undefined || value === null ? fallback : inner(value));
}

/** A list, each of whose entries the inner decoder accepts. */
export function array<T>(inner: Decoder<T>): Decoder<readonly T[]> {
  return (value) => (Array.isArray(value) ? value.map((entry) => inner(entry)) : refuse("a list", value));
}

/** An object with these members; others are ignored, so that the server may add some. */
export function object<Shape extends Readonly<Record<string, unknown>>>(
  members: {
    readonly [Key in keyof Shape]: Decoder<Shape[Key]>;
  },
): Decoder<Shape> {
  const entries = Object.entries(members) as readonly (readonly [string, Decoder<unknown>])[];
  return (value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return refuse("an object", value);
    const source = value as Readonly<Record<string, unknown>>;
    return Object.fromEntries(entries.map(([key, decode]) => [key, member(key, decode, source[key])])) as Shape;
  };
}

function member(key: string, decode: Decoder<unknown>, value: unknown): unknown {
  try {
    return decode(value);
  } catch (error) {
    if (error instanceof DecodeError) throw new DecodeError(`${key}: ${error.message}`);
    throw error;
  }
}

function refuse(expected: string, value: unknown): never {
  const found = value === null ? "null" : Array.isArray(value) ? "a list" : typeof value;
  throw new DecodeError(`expected ${expected}, found ${found}`);
}
