import type { Translation } from "../catalogue";
import type english from "../en/wave";

export default {} satisfies Translation<typeof english>;
