import type { JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { t } from "../../i18n";
import { IconButton, type IconName, MenuButton, type MenuItem } from "../../ui";
import { BACKGROUND_COLOURS, TEXT_COLOURS } from "../document/styling";
import type { EditorHandle } from "../host";
import { FORMATS, type Format } from "../input/formatting";
import { ALIGNMENT_KEYS, FORMAT_KEYS, LINK_KEY, STYLE_KEYS } from "../input/keys";
import { type Alignment, LINE_STYLES, type LineStyle } from "../input/lines";
import { ColourButton } from "./ColourButton";
import { keyLabel } from "./keyLabel";
import { useRoving } from "./useRoving";
import "./toolbar.css";

const FORMAT_ICONS: Readonly<Record<Format, IconName>> = {
  bold: "bold",
  italic: "italic",
  underline: "underline",
  strike: "strike",
  code: "code",
};

const ALIGNMENT_ICONS: Readonly<Record<Alignment, IconName>> = {
  start: "align-left",
  center: "align-center",
  end: "align-right",
  justify: "align-justify",
};

const MENU_STYLES = LINE_STYLES.filter((style) => style !== "bullets" && style !== "numbers");

/** The buttons for formatting, for the editor that is written in; nothing without one. Arrow keys move along it. */
export function Toolbar({ handle }: { readonly handle: EditorHandle | null }): JSX.Element | null {
  return handle === null ? null : <OpenToolbar handle={handle} />;
}

function OpenToolbar({ handle }: { readonly handle: EditorHandle }): JSX.Element {
  const ref = useRef<HTMLDivElement>(null);
  const press = useRoving(ref);
  useAboveKeyboard(ref);
  return (
    <div
      ref={ref}
      class="gs-toolbar"
      role="toolbar"
      aria-label={t("editor.toolbar")}
      data-shortcuts="editor"
      onKeyDown={press}
      onMouseDown={(event) => event.preventDefault()} // the caret stays in the text
    >
      <LineButtons handle={handle} />
      <FormatButtons handle={handle} />
      <InsertButtons handle={handle} />
      <span class="gs-toolbar-line" aria-hidden="true" />
      <IconButton
        icon="undo"
        size="small"
        label={t("editor.undo")}
        shortcut={keyLabel("Mod-z")}
        onClick={() => handle.exec({ kind: "undo" })}
      />
      <IconButton
        icon="redo"
        size="small"
        label={t("editor.redo")}
        shortcut={keyLabel("Mod-Shift-z")}
        onClick={() => handle.exec({ kind: "redo" })}
      />
    </div>
  );
}

function LineButtons({ handle }: { readonly handle: EditorHandle }): JSX.Element {
  const { style, alignment } = handle.status.value;
  const styles = MENU_STYLES.map(
    (each): MenuItem => ({
      kind: "item",
      label: t(`editor.style.${each}`),
      shortcut: keyLabel(STYLE_KEYS[each]),
      checked: style === each,
      run: () => handle.exec({ kind: "style", style: each === style ? "paragraph" : each }),
    }),
  );
  const alignments = Object.entries(ALIGNMENT_ICONS).map(
    ([each, icon]): MenuItem => ({
      kind: "item",
      label: t(`editor.align.${each as Alignment}`),
      icon,
      shortcut: keyLabel(ALIGNMENT_KEYS[each as Alignment]),
      checked: alignment === each,
      run: () => handle.exec({ kind: "align", alignment: each as Alignment }),
    }),
  );
  const list = (each: LineStyle, icon: IconName) => (
    <IconButton
      icon={icon}
      size="small"
      label={t(`editor.style.${each}`)}
      shortcut={keyLabel(STYLE_KEYS[each])}
      pressed={style === each}
      onClick={() => handle.exec({ kind: "style", style: each })}
    />
  );
  return (
    <>
      <MenuButton icon="heading" size="small" label={t("editor.style")} items={styles} placement="bottom-start" />
      {list("bullets", "list-bullet")}
      {list("numbers", "list-number")}
      <IconButton
        icon="outdent"
        size="small"
        label={t("editor.outdent")}
        onClick={() => handle.exec({ kind: "indent", by: -1 })}
      />
      <IconButton
        icon="indent"
        size="small"
        label={t("editor.indent")}
        onClick={() => handle.exec({ kind: "indent", by: 1 })}
      />
      <MenuButton
        icon={ALIGNMENT_ICONS[alignment]}
        size="small"
        label={t("editor.align")}
        items={alignments}
        placement="bottom-start"
      />
      <span class="gs-toolbar-line" aria-hidden="true" />
    </>
  );
}

function FormatButtons({ handle }: { readonly handle: EditorHandle }): JSX.Element {
  const { formats, color, background } = handle.status.value;
  return (
    <>
      {FORMATS.map((format) => (
        <IconButton
          key={format}
          icon={FORMAT_ICONS[format]}
          size="small"
          label={t(`editor.${format}`)}
          shortcut={keyLabel(FORMAT_KEYS[format])}
          pressed={formats.has(format)}
          onClick={() => handle.exec({ kind: "format", format })}
        />
      ))}
      <ColourButton
        icon="colour"
        label={t("editor.colour")}
        property="color"
        colours={TEXT_COLOURS}
        value={color}
        onChoose={(value) => handle.exec({ kind: "color", value })}
      />
      <ColourButton
        icon="highlight"
        label={t("editor.background")}
        property="background-color"
        colours={BACKGROUND_COLOURS}
        value={background}
        onChoose={(value) => handle.exec({ kind: "background", value })}
      />
      <IconButton
        icon="clear-format"
        size="small"
        label={t("editor.clear")}
        onClick={() => handle.exec({ kind: "clear" })}
      />
      <span class="gs-toolbar-line" aria-hidden="true" />
    </>
  );
}

function InsertButtons({ handle }: { readonly handle: EditorHandle }): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <IconButton
        icon="link"
        size="small"
        label={t("editor.link")}
        shortcut={keyLabel(LINK_KEY)}
        pressed={handle.status.value.link !== null}
        onClick={() => handle.openLinkDialog()}
      />
      <IconButton icon="image" size="small" label={t("editor.imageInsert")} onClick={() => input.current?.click()} />
      <input
        ref={input}
        type="file"
        class="gs-toolbar-file"
        tabIndex={-1}
        aria-hidden="true"
        aria-label={t("editor.imageInsert")}
        accept="image/png,image/jpeg,image/gif,image/webp"
        multiple
        onChange={(event) => {
          handle.exec({ kind: "images", files: [...(event.currentTarget.files ?? [])] });
          event.currentTarget.value = "";
        }}
      />
    </>
  );
}

/** On phones the bar stands above the keyboard, which covers the page's lower end without changing its size. */
function useAboveKeyboard(ref: { readonly current: HTMLElement | null }): void {
  useLayoutEffect(() => {
    const viewport = window.visualViewport;
    if (viewport === null || viewport === undefined) return undefined;
    const place = () => {
      const covered = Math.max(0, window.innerHeight - viewport.height - viewport.offsetTop);
      ref.current?.style.setProperty("--gs-keyboard", `${Math.round(covered)}px`);
    };
    place();
    viewport.addEventListener("resize", place);
    viewport.addEventListener("scroll", place);
    return () => {
      viewport.removeEventListener("resize", place);
      viewport.removeEventListener("scroll", place);
    };
  }, [ref]);
}
