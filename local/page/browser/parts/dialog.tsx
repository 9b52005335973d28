import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

interface DialogProps {
  title: string;
  close(): void;
  children: ComponentChildren;
  /** The button that does it; without one there is only Close. */
  confirm?: { text: string; danger?: boolean; run(): void };
}

export function Dialog({ title, close, children, confirm }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    element.current?.showModal();
  }, []);
  return (
    <dialog ref={element} aria-label={title} onClose={close}>
      <h2>{title}</h2>
      {children}
      <div class="dialog-actions">
        <button type="button" onClick={close}>
          {confirm === undefined ? "Close" : "Cancel"}
        </button>
        {confirm !== undefined && (
          <button type="button" class={confirm.danger ? "danger" : "primary"} onClick={confirm.run}>
            {confirm.text}
          </button>
        )}
      </div>
    </dialog>
  );
}
