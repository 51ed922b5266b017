import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../i18n";
import { Button } from "./Button";
import { Icon } from "./Icon";
import { IconButton } from "./IconButton";
import { dismissToast, type ToastMessage, toasts } from "./toasts";
import "./toast.css";

const SHOWN = 6_000; // ms
const SHOWN_WITH_ACTION = 10_000; // ms: there is something to decide

/** Where messages appear: once in the page, over everything, read out when they come. */
export function Toasts(): JSX.Element {
  const ref = useRef<HTMLDivElement>(null);
  const shown = toasts.value;
  useEffect(() => {
    const layer = ref.current;
    if (layer === null) return;
    if (layer.matches(":popover-open")) layer.hidePopover();
    if (shown.length > 0) layer.showPopover(); // anew each time, so that it is above dialogs that opened since
  }, [shown]);
  return (
    <section class="gs-toasts-region" aria-label={t("common.notifications")}>
      <div ref={ref} class="gs-toasts" popover="manual" aria-live="polite">
        {shown.map((message) => (
          <Toast key={message.id} toast={message} />
        ))}
      </div>
    </section>
  );
}

function Toast({ toast }: { readonly toast: ToastMessage }): JSX.Element {
  const [held, setHeld] = useState(false);
  const dismiss = (): void => dismissToast(toast.id);
  const stays = toast.kind === "error" || held;
  useEffect(() => {
    if (stays) return;
    const timer = setTimeout(() => dismissToast(toast.id), toast.action === undefined ? SHOWN : SHOWN_WITH_ACTION);
    return () => clearTimeout(timer);
  }, [stays, toast]);
  const hold = (): void => setHeld(true);
  const release = (): void => setHeld(false);
  const { action } = toast;
  return (
    <div
      class={`gs-toast gs-toast-${toast.kind ?? "info"}`}
      onPointerEnter={hold}
      onPointerLeave={release}
      onFocusIn={hold}
      onFocusOut={release}
    >
      {toast.kind === "error" && <Icon name="alert" size={18} />}
      <span class="gs-toast-message">{toast.message}</span>
      {action !== undefined && (
        <Button
          size="small"
          variant="quiet"
          onClick={() => {
            dismiss();
            action.run();
          }}
        >
          {action.label}
        </Button>
      )}
      <IconButton icon="close" size="small" label={t("common.close")} onClick={dismiss} />
    </div>
  );
}
