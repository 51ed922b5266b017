import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { useShortcuts } from "../../app/shortcuts";
import { t } from "../../i18n";
import type { EditorHandle, EditorHost } from "../host";
import { FORMATS } from "../input/formatting";
import { FORMAT_KEYS, LINK_KEY, STYLE_KEYS } from "../input/keys";
import { LINE_STYLES } from "../input/lines";
import { EditorController } from "./controller";
import { registryKeys } from "./keyLabel";
import { LinkDialog } from "./LinkDialog";
import { MentionList } from "./MentionList";
import { Tail } from "./Tail";
import "prosemirror-view/style/prosemirror.css";
import "./editor.css";

export interface BlipEditorProps {
  /** Taken when the editor is made. */
  readonly host: EditorHost;
  readonly editable: boolean;
  readonly autofocus?: boolean;
  /** Its name for screen readers. */
  readonly label: string;
  /** Told once, when the editor is there. */
  readonly handle?: (handle: EditorHandle) => void;
}

/** A blip's text, live: to be written in, or to be read while others write. */
export function BlipEditor({ host, editable, autofocus = false, label, handle }: BlipEditorProps): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const [controller, setController] = useState<EditorController | null>(null);
  useLayoutEffect(() => {
    if (place.current === null) return undefined;
    const made = new EditorController(place.current, host, { editable, label });
    setController(made);
    handle?.(made);
    if (autofocus && editable) made.focus();
    return () => made.destroy();
  }, [host]); // made once for its document: what else changes is told below
  useLayoutEffect(() => {
    controller?.setEditable(editable);
    if (autofocus && editable) controller?.focus(); // a text that is only read cannot have taken it
  }, [controller, editable]);
  useEffect(() => controller?.setLabel(label), [controller, label]);
  return (
    <>
      <div ref={place} class="gs-editor-place" />
      {controller !== null && <Tail text={controller.tail.value} />}
      {controller !== null && editable && <Companions controller={controller} host={host} />}
    </>
  );
}

/** What appears beside a text that is written in. */
function Companions({
  controller,
  host,
}: {
  readonly controller: EditorController;
  readonly host: EditorHost;
}): JSX.Element {
  useEditorShortcuts();
  return (
    <>
      <MentionList controller={controller} people={host.people} participants={host.replica.participants} />
      {controller.linking.value && (
        <LinkDialog
          handle={controller}
          onClose={() => {
            controller.linking.value = false;
          }}
        />
      )}
    </>
  );
}

/** Lists the editor's keys among the shortcuts; the editor itself hears them. */
function useEditorShortcuts(): void {
  useShortcuts(() => {
    const listed: readonly (readonly [string, () => string])[] = [
      ...FORMATS.map((format) => [FORMAT_KEYS[format], () => t(`editor.${format}`)] as const),
      ...LINE_STYLES.map((style) => [STYLE_KEYS[style], () => t(`editor.style.${style}`)] as const),
      [LINK_KEY, () => t("editor.link")],
      ["Mod-z", () => t("editor.undo")],
      ["Mod-Shift-z", () => t("editor.redo")],
      ["Tab", () => t("editor.indent")],
      ["Shift-Tab", () => t("editor.outdent")],
      ["Escape", () => t("editor.shortcutLeave")],
    ];
    return listed.map(([keys, text]) => ({ keys: registryKeys(keys), scope: "editor", label: text, run: null }));
  }, []);
}
