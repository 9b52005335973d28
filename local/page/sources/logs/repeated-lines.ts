import type { StoredDocument } from "../../../collector/store/victoria-logs.ts";

const MAX_REMEMBERED = 20_000;

/**
 * A service may write a line to its console and push the same one. Such a pair is shown once. Lines
 * without a trace are compared by their time.
 */
export class RepeatedLines {
  /** Which of the two was shown. */
  private readonly shown = new Map<string, string>();

  /** Whether the line was shown as it came another way; if not, it counts as shown from now on. */
  repeats(document: StoredDocument): boolean {
    const { origin } = document;
    if (origin !== "push" && origin !== "console") return false;
    const key = keyOf(document);
    const shown = this.shown.get(key);
    if (shown !== undefined) return shown !== origin;
    if (this.shown.size >= MAX_REMEMBERED) this.shown.clear();
    this.shown.set(key, origin);
    return false;
  }
}

function keyOf({ service, trace_id, _msg, _time }: StoredDocument): string {
  return JSON.stringify([service, trace_id || _time, _msg]);
}
