import { render } from "preact";
import { applyTheme, preferences } from "./app/preferences";
import { startRouter } from "./app/router";
import { startSession } from "./app/session";
import { listenForShortcuts } from "./app/shortcuts";
import { preferredLocale, setLocale } from "./i18n";
import { App } from "./pages/App";
import "./styles/tokens.css";
import "./styles/base.css";
import { installTooltips } from "./ui";

async function start(root: HTMLElement): Promise<void> {
  applyTheme(document.documentElement);
  startRouter();
  await setLocale(preferences.value.locale ?? preferredLocale(navigator.languages));
  installTooltips(document);
  listenForShortcuts(document);
  render(<App />, root);
  await startSession();
  const { registerServiceWorker } = await import("./sync");
  await registerServiceWorker();
}

const root = document.getElementById("app");
if (root !== null) void start(root);
