/** The editor: blips as text to write in together, and to read. */
export type { EditorHandle, EditorHost, ItemSelection } from "./host";
export type { EditorCommand, FormatStatus } from "./input/commands";
export { BlipContent, type BlipContentProps } from "./view/BlipContent";
export { BlipEditor, type BlipEditorProps } from "./view/BlipEditor";
export { attachmentUrl } from "./view/controller";
export { Toolbar } from "./view/Toolbar";
