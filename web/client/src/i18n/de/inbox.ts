import type { Translation } from "../catalogue";
import type english from "../en/inbox";

export default {} satisfies Translation<typeof english>;
