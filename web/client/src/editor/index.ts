/** The editor: blips as text to write in together, and to read. */
export type { EditorHandle, EditorHost } from "./host";
export { BlipContent } from "./view/BlipContent";
export { BlipEditor } from "./view/BlipEditor";
export { Toolbar } from "./view/Toolbar";
