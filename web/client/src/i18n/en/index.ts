/** Every message, in English. */
import auth from "./auth";
import common from "./common";
import editor from "./editor";
import history from "./history";
import inbox from "./inbox";
import settings from "./settings";
import sync from "./sync";
import wave from "./wave";

export default { ...auth, ...common, ...editor, ...history, ...inbox, ...settings, ...sync, ...wave };
