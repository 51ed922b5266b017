// Before the first paint, so that a page in the dark does not begin with a flash of light: see src/app/preferences.ts.
try {
  const { theme } = JSON.parse(localStorage.getItem("groundswell.preferences") ?? "{}");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Nothing is kept here, or nothing may be: the system's theme it is.
}
