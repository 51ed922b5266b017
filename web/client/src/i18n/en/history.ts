import type { Catalogue } from "../catalogue";

export default {} as const satisfies Catalogue;
