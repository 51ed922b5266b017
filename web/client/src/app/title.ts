import { useEffect } from "preact/hooks";
import { t } from "../i18n";

/** Name the page in the browser's tab and for screen readers, while the component is shown. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title === "" ? t("common.appName") : `${title} · ${t("common.appName")}`;
  }, [title]);
}
