import { readFileSync } from "node:fs";
import { writeAtomically } from "../../supervisor/atomic-file.ts";
import type { AlertMessage, ReceivedAlert } from "./alert-message.ts";

interface KeptAlert extends ReceivedAlert {
  /** The state that the webhook was told. */
  told?: AlertMessage["status"];
}

/** Alerts are kept up to here; of more, those that begin last are refused. */
const MAX_ALERTS = 1000;

/** The alerts that fire, and those whose end the webhook was not told. On disk. */
export class AlertStore {
  private readonly file: string;
  private readonly alerts: Map<string, KeptAlert>;

  constructor(file: string) {
    this.file = file;
    this.alerts = new Map(readAlerts(file).map((alert) => [alert.message.fingerprint, alert]));
  }

  /** @returns alerts without room */
  receive(received: readonly ReceivedAlert[]): number {
    let refused = 0;
    for (const alert of received) {
      const { fingerprint, status } = alert.message;
      const known = this.alerts.get(fingerprint);
      // The end of an alert that never began here says nothing, and neither does a repetition.
      if (known === undefined && status === "resolved") continue;
      if (known === undefined && this.alerts.size >= MAX_ALERTS) refused++;
      else this.alerts.set(fingerprint, { ...alert, ...(known?.told === undefined ? {} : { told: known.told }) });
    }
    this.save();
    return refused;
  }

  /** Ends those that nobody has sent again. */
  expire(now: number): void {
    for (const alert of this.alerts.values()) {
      if (alert.expiresAt === undefined || alert.expiresAt > now) continue;
      alert.message = { ...alert.message, status: "resolved", endsAt: new Date(alert.expiresAt).toISOString() };
      delete alert.expiresAt;
    }
  }

  /** Forgets those that have ended and of which nobody was told. */
  forgetEnded(): void {
    for (const [fingerprint, { message, told }] of this.alerts)
      if (message.status === "resolved" && told === undefined) this.alerts.delete(fingerprint);
    this.save();
  }

  /** What the webhook was not told yet. */
  untold(status: AlertMessage["status"], limit: number): AlertMessage[] {
    return [...this.alerts.values()]
      .filter(({ message, told }) => message.status === status && told !== status)
      .slice(0, limit)
      .map(({ message }) => message);
  }

  markTold(messages: readonly AlertMessage[]): void {
    for (const { fingerprint, status } of messages) {
      const alert = this.alerts.get(fingerprint);
      if (alert === undefined) continue;
      if (status === "resolved" && alert.message.status === "resolved") this.alerts.delete(fingerprint);
      else alert.told = status;
    }
    this.save();
  }

  private save(): void {
    try {
      writeAtomically(this.file, JSON.stringify([...this.alerts.values()]));
    } catch {
      // The disk is full: the alerts are in memory.
    }
  }
}

function readAlerts(file: string): KeptAlert[] {
  try {
    const kept: unknown = JSON.parse(readFileSync(file, "utf8"));
    return Array.isArray(kept) ? (kept as KeptAlert[]) : [];
  } catch {
    // None were kept, or the file is broken: alerts that fire are sent again in seconds.
    return [];
  }
}
