import type { ComponentChildren, JSX } from "preact";
import { t } from "../../i18n";
import { Icon, Logo } from "../../ui";
import "./entrance.css";

/** The frame of the pages before one is signed in. */
export function Entrance({
  title,
  children,
}: {
  readonly title: string;
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    <div class="gs-entrance">
      <main class="gs-entrance-card">
        <div class="gs-entrance-brand">
          <Logo size={40} />
          <p>
            <strong>{t("common.appName")}</strong>
            <span>{t("auth.welcome")}</span>
          </p>
        </div>
        <h1>{title}</h1>
        {children}
      </main>
      <svg class="gs-entrance-swell" viewBox="0 0 1440 320" preserveAspectRatio="none" aria-hidden="true">
        <path d="M0 190c180 0 250-110 430-110s260 120 470 120 300-90 540-60v180H0z" />
        <path d="M0 240c200 0 300-80 480-80s300 90 500 90 280-60 460-50v120H0z" />
      </svg>
    </div>
  );
}

/** What is wrong with an attempt as a whole; read out when it appears. */
export function FormProblem({ text }: { readonly text: string | undefined }): JSX.Element {
  return (
    <div role="alert" class="gs-form-problem">
      {text !== undefined && (
        <>
          <Icon name="alert" size={18} />
          <span>{text}</span>
        </>
      )}
    </div>
  );
}
