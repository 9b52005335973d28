import type { ComponentChildren } from "preact";
import { Icon } from "./icon.tsx";

/** Stands where data would: while it is awaited, when there is none, or when it cannot be had. */
export function Loading({ what }: { what: string }) {
  return (
    <p class="notice" role="status" data-state="loading">
      Loading {what} …
    </p>
  );
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="notice" role="status" data-state="empty">
      <strong>{title}</strong>
      {children !== undefined && <p>{children}</p>}
    </div>
  );
}

/** A failure above or instead of the data. The view tries again by itself. */
export function Failed({ error }: { error: string }) {
  return (
    <p class="failed" role="alert">
      <Icon name="warn" />
      <span>{error}</span>
    </p>
  );
}
