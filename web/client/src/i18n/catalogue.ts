/** The areas that messages belong to; each has a file per language, and its keys begin with its name and a dot. */
export type Area = "common" | "auth" | "inbox" | "settings" | "editor" | "wave" | "history" | "sync";

/** The English messages of some areas, in ICU MessageFormat: the reference for the keys. */
export type Catalogue = Readonly<Record<`${Area}.${string}`, string>>;

/** The same messages in another language: a key too many or too few does not compile. */
export type Translation<English extends Catalogue> = { readonly [Key in keyof English]: string };
