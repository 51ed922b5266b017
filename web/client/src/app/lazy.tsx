/** Components whose code is fetched when they are first shown. */
import type { ComponentType, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { t } from "../i18n";
import { Button } from "../ui/Button";
import { Spinner } from "../ui/Spinner";
import "./lazy.css";

type Loading<Props> =
  | { readonly kind: "loading" }
  | { readonly kind: "failed" }
  | { readonly kind: "ready"; readonly component: ComponentType<Props> };

export interface Lazy<Props> {
  (props: Props): JSX.Element;
  /** Fetch the code now, so that showing it does not wait. Failures show when it is shown. */
  preload(): void;
}

/** A component from a chunk of its own. `placeholder` reserves its space meanwhile. */
export function lazy<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
  placeholder: () => JSX.Element = () => <Waiting />,
): Lazy<Props> {
  let loaded: ComponentType<Props> | undefined;
  const fetched = async (): Promise<ComponentType<Props>> => {
    loaded ??= await load();
    return loaded;
  };
  const Shown = (props: Props): JSX.Element => {
    const [state, setState] = useState<Loading<Props>>(
      loaded === undefined ? { kind: "loading" } : { kind: "ready", component: loaded },
    );
    useEffect(() => {
      if (state.kind !== "loading") return;
      fetched().then(
        (component) => setState({ kind: "ready", component }),
        () => setState({ kind: "failed" }), // offline, or the server has a newer build: both are told, with a way out
      );
    }, [state.kind]);
    if (state.kind === "failed") return <Failed onRetry={() => setState({ kind: "loading" })} />;
    if (state.kind === "loading") return placeholder();
    const Component = state.component;
    return <Component {...props} />;
  };
  return Object.assign(Shown, { preload: () => void fetched().catch(() => undefined) });
}

function Waiting(): JSX.Element {
  return (
    <div class="gs-lazy">
      <Spinner size={24} label={t("common.loading")} />
    </div>
  );
}

function Failed({ onRetry }: { readonly onRetry: () => void }): JSX.Element {
  return (
    <div class="gs-lazy" role="alert">
      <p>{t("common.errorOffline")}</p>
      <Button onClick={onRetry}>{t("common.retry")}</Button>
    </div>
  );
}
