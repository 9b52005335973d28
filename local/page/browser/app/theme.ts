import { signal } from "@preact/signals";

export type Theme = "system" | "light" | "dark";

const STORED = "plinth.theme";

export const theme = signal<Theme>("system");

export function readTheme(): void {
  const stored = localStorage.getItem(STORED);
  setTheme(stored === "light" || stored === "dark" ? stored : "system");
}

export function setTheme(chosen: Theme): void {
  theme.value = chosen;
  localStorage.setItem(STORED, chosen);
  if (chosen === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
}

/** Colours that a canvas needs change with the theme: calls back after each change. */
export function onThemeChange(changed: () => void): () => void {
  const media = matchMedia("(prefers-color-scheme: dark)");
  media.addEventListener("change", changed);
  let isFirst = true;
  // A subscription is called at once with the theme that is there already.
  const stop = theme.subscribe(() => {
    if (!isFirst) changed();
    isFirst = false;
  });
  return () => {
    media.removeEventListener("change", changed);
    stop();
  };
}
