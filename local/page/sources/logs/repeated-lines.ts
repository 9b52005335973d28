import type { StoredDocument } from "../../../collector/store/victoria-logs.ts";

/**
 * A service may write a line to its console and push the same one. Of such a pair the pushed one is
 * shown, as it is in its tenant's account. Lines without a trace are compared by their time.
 */
export class RepeatedLines {
  private pushed = new Set<string>();
  private readonly limit: number;

  /** @param limit pushed lines that are remembered */
  constructor(limit = 20_000) {
    this.limit = limit;
  }

  note(document: StoredDocument): void {
    if (document.origin !== "push") return;
    if (this.pushed.size >= this.limit) this.pushed.clear();
    this.pushed.add(keyOf(document));
  }

  /** Whether it is a console line that was pushed, too. */
  repeats(document: StoredDocument): boolean {
    return document.origin === "console" && this.pushed.has(keyOf(document));
  }
}

function keyOf({ service, trace_id, _msg, _time }: StoredDocument): string {
  return JSON.stringify([service, trace_id || _time, _msg]);
}
