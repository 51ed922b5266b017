import type { Translation } from "../catalogue";
import type english from "../en/settings";

export default {} satisfies Translation<typeof english>;
