import type { Translation } from "../catalogue";
import type english from "../en/editor";

export default {} satisfies Translation<typeof english>;
