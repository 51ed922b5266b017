import type { ComponentChildren, JSX } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { t } from "../i18n";
import { IconButton } from "./IconButton";
import "./dialog.css";

export interface DialogProps {
  readonly title: string;
  /** Absent for a dialog that must be answered: then there is no close button, and Escape does nothing. */
  readonly onClose?: () => void;
  readonly children: ComponentChildren;
  /** The row of buttons at its end. */
  readonly actions?: ComponentChildren;
  readonly size?: "small" | "normal" | "large";
}

/** A modal dialog, in the browser's own: the page behind is inert, and the focus returns to where it was. */
export function Dialog({ title, onClose, children, actions, size = "normal" }: DialogProps): JSX.Element {
  const ref = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useLayoutEffect(() => {
    const dialog = ref.current;
    dialog?.showModal();
    dialog?.querySelector<HTMLElement>("[data-autofocus]")?.focus();
    return () => dialog?.close();
  }, []);
  const cancel = (event: Event): void => {
    event.preventDefault(); // whoever shows the dialog takes it away
    onClose?.();
  };
  const press = (event: MouseEvent): void => {
    if (event.target === ref.current) onClose?.(); // the backdrop; the content covers the rest
  };
  return (
    <dialog
      ref={ref}
      class={`gs-dialog gs-dialog-${size}`}
      aria-labelledby={heading}
      onCancel={cancel}
      onMouseDown={press}
    >
      <div class="gs-dialog-body">
        <header class="gs-dialog-header">
          <h2 id={heading}>{title}</h2>
          {onClose !== undefined && <IconButton icon="close" label={t("common.close")} onClick={onClose} />}
        </header>
        <div class="gs-dialog-content">{children}</div>
        {actions !== undefined && <footer class="gs-dialog-actions">{actions}</footer>}
      </div>
    </dialog>
  );
}
