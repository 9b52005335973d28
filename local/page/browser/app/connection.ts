import { signal } from "@preact/signals";

/** Whether the page's server answers. It does not while the stack is down. */
export const connected = signal(true);

/** True while this tab is hidden: nothing is asked or streamed then. */
export const hidden = signal(document.hidden);

export function watchVisibility(): void {
  document.addEventListener("visibilitychange", () => {
    hidden.value = document.hidden;
  });
}

/** Resolves once the tab is visible. */
export function whenVisible(): Promise<void> {
  return new Promise((resolve) => {
    const stop = hidden.subscribe((value) => {
      if (value) return;
      queueMicrotask(() => stop());
      resolve();
    });
  });
}
