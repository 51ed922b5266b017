import type { JSX } from "preact";
import { useCallback, useRef, useState } from "preact/hooks";
import { type MessageKey, t } from "../../i18n";
import { IconButton, type IconName, Popover } from "../../ui";

interface ColourButtonProps {
  readonly icon: IconName;
  readonly label: string;
  /** The CSS property that the colours are for, as in the class names of swatches. */
  readonly property: "color" | "background-color";
  /** Values by name. */
  readonly colours: Readonly<Record<string, string>>;
  readonly value: string | null;
  readonly onChoose: (value: string | null) => void;
}

/** A button that opens a choice of colours. */
export function ColourButton({ icon, label, property, colours, value, onChoose }: ColourButtonProps): JSX.Element {
  const ref = useRef<HTMLButtonElement>(null);
  const [open, setOpen] = useState(false);
  const close = useCallback(() => setOpen(false), []);
  const choices: readonly (readonly [string, string | null])[] = [["none", null], ...Object.entries(colours)];
  return (
    <>
      <IconButton
        buttonRef={ref}
        icon={icon}
        label={label}
        size="small"
        popup="dialog"
        expanded={open}
        onClick={() => setOpen((now) => !now)}
      />
      {open && ref.current !== null && (
        <Popover anchor={ref.current} label={label} onClose={close}>
          <div class="gs-swatches">
            {choices.map(([name, colour]) => (
              <button
                key={name}
                type="button"
                class={`gs-swatch gs-swatch-${property}`}
                aria-label={t(`editor.colour.${name}` as MessageKey)}
                aria-pressed={value === colour}
                data-tooltip={t(`editor.colour.${name}` as MessageKey)}
                onClick={() => {
                  close();
                  onChoose(colour);
                }}
              >
                <span class={colour === null ? "gs-swatch-none" : `gs-${property}-${name}`}>A</span>
              </button>
            ))}
          </div>
        </Popover>
      )}
    </>
  );
}
