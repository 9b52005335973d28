import { signal } from "@preact/signals";
import { go } from "./location.ts";
import { VIEWS } from "./views.ts";

/** Whether the list of keys is open. */
export const helpOpen = signal(false);

/** Keys of a view that shows a list. */
export interface ListKeys {
  move(step: 1 | -1): void;
  open?(): void;
  close(): void;
  /** Keys of this view alone. */
  other?: Record<string, (() => void) | undefined>;
}

const lists: (() => ListKeys)[] = [];
const CHORD_MS = 1_500;
let chordUntil = 0;

/** @param keys of the view's newest state */
export function takeListKeys(keys: () => ListKeys): () => void {
  lists.push(keys);
  return () => {
    lists.splice(lists.indexOf(keys), 1);
  };
}

export function listenForKeys(): void {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.key === "Escape") return leave(event);
    if (isTyping(event.target)) return;
    if (performance.now() < chordUntil) {
      chordUntil = 0;
      const view = VIEWS.find(({ key }) => key === event.key);
      if (view !== undefined) go(`/${view.path}`);
      return;
    }
    handle(event);
  });
}

function handle(event: KeyboardEvent): void {
  const list = lists.at(-1)?.();
  const actions: Record<string, (() => void) | undefined> = {
    "/": () => document.querySelector<HTMLInputElement>("[data-search]")?.focus(),
    "?": () => {
      helpOpen.value = !helpOpen.value;
    },
    g: () => {
      chordUntil = performance.now() + CHORD_MS;
    },
    j: list && (() => list.move(1)),
    k: list && (() => list.move(-1)),
    Enter: isOnControl(event.target) ? undefined : list?.open,
    ...list?.other,
  };
  const action = actions[event.key];
  if (action === undefined) return;
  event.preventDefault();
  action();
}

function leave(event: KeyboardEvent): void {
  if (helpOpen.value) helpOpen.value = false;
  else if (isTyping(event.target)) (event.target as HTMLElement).blur();
  else lists.at(-1)?.().close();
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("input, textarea, select, dialog") !== null;
}

function isOnControl(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("a, button, summary") !== null;
}
