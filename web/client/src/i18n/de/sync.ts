import type { Translation } from "../catalogue";
import type english from "../en/sync";

export default {} satisfies Translation<typeof english>;
