import type { Translation } from "../catalogue";
import type english from "../en/auth";

export default {} satisfies Translation<typeof english>;
