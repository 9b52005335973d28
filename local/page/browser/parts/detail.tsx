import type { ComponentChildren } from "preact";
import { Icon } from "./icon.tsx";

interface DetailProps {
  title: string;
  /** Beside the title. */
  actions?: ComponentChildren;
  close(): void;
  children: ComponentChildren;
}

/** What is selected, beside its list; on a narrow screen it covers the list. */
export function Detail({ title, actions, close, children }: DetailProps) {
  return (
    <aside class="detail" aria-label={title}>
      <header>
        <h2 title={title}>{title}</h2>
        <div class="detail-actions">
          {actions}
          <button type="button" class="quiet small" onClick={close} aria-label="Close" title="Close (Esc)">
            <Icon name="close" />
          </button>
        </div>
      </header>
      <div class="detail-body">{children}</div>
    </aside>
  );
}
