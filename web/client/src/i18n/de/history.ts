import type { Translation } from "../catalogue";
import type english from "../en/history";

export default {} satisfies Translation<typeof english>;
