import { setTimeout as sleep } from "node:timers/promises";
import type { Counts } from "../counts.ts";
import { requestText } from "../http/request.ts";
import { type AlertMessage, parseAlerts } from "./alert-message.ts";
import type { AlertStore } from "./alert-store.ts";

export interface NotifierSettings {
  /** Address that is told when alerts begin and end: a secret. @default nobody is told */
  webhook?: string | undefined;
  /** Address of the page. */
  externalUrl: string;
}

const POLL_MS = 500;
const TIMEOUT_MS = 5000;
const RETRY_MS = { first: 1000, max: 60_000 };
const MAX_ALERTS_PER_POST = 100;

/** Tells the webhook each begin and each end of an alert once, and tries until it is taken. */
export class Notifier {
  private readonly settings: NotifierSettings;
  private readonly alerts: AlertStore;
  private readonly counts: Counts;
  private readonly report: (message: string) => void;
  private readonly stopping = new AbortController();
  private readonly running: Promise<void>;
  private isFailing = false;

  constructor(settings: NotifierSettings, alerts: AlertStore, counts: Counts, report: (message: string) => void) {
    this.settings = settings;
    this.alerts = alerts;
    this.counts = counts;
    this.report = report;
    this.running = settings.webhook === undefined ? Promise.resolve() : this.run(settings.webhook);
  }

  /** @throws UserError if the body is not a list of alerts */
  receive(body: unknown): void {
    const now = Date.now();
    const refused = this.alerts.receive(parseAlerts(body, now));
    if (refused > 0) this.counts.add("plinth_notifications_total", { result: "no room" }, refused);
    if (this.settings.webhook !== undefined) return;
    // Otherwise they would fill the room, and a later webhook would be told of ends long ago.
    this.alerts.expire(now);
    this.alerts.forgetEnded();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(webhook: string): Promise<void> {
    let pause = 0;
    while (!this.stopping.signal.aborted) {
      this.alerts.expire(Date.now());
      const isTaken = (await this.tell(webhook, "firing")) && (await this.tell(webhook, "resolved"));
      pause = isTaken ? 0 : Math.min(Math.max(pause * 2, RETRY_MS.first), RETRY_MS.max);
      await sleep(Math.max(pause, POLL_MS), undefined, { signal: this.stopping.signal }).catch(() => undefined);
    }
  }

  /** @returns false if it has to be tried again */
  private async tell(webhook: string, status: AlertMessage["status"]): Promise<boolean> {
    const alerts = this.alerts.untold(status, MAX_ALERTS_PER_POST);
    if (alerts.length === 0) return true;
    const outcome = await this.post(webhook, alerts);
    if (this.stopping.signal.aborted) return true;
    this.counts.add("plinth_notifications_total", { result: outcome.result }, alerts.length);
    this.setFailing(outcome.result === "taken" ? undefined : outcome.reason);
    if (outcome.result === "failed") return false;
    this.alerts.markTold(alerts);
    return true;
  }

  private async post(
    webhook: string,
    alerts: readonly AlertMessage[],
  ): Promise<{ result: "taken" | "refused" | "failed"; reason: string }> {
    try {
      const { status } = await requestText(webhook, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(this.toNotification(alerts)),
        timeoutMs: TIMEOUT_MS,
        signal: AbortSignal.any([this.stopping.signal, AbortSignal.timeout(TIMEOUT_MS)]),
      });
      const reason = `it answers ${status}`;
      if (status >= 200 && status < 300) return { result: "taken", reason };
      return { result: status >= 500 || status === 429 || status === 408 ? "failed" : "refused", reason };
    } catch (error) {
      // The error of a request may contain its address.
      const { code, name } = error as NodeJS.ErrnoException;
      return { result: "failed", reason: name === "TimeoutError" ? "it does not answer in time" : `${code ?? name}` };
    }
  }

  /** Alertmanager's webhook, version 4. */
  private toNotification(alerts: readonly AlertMessage[]): object {
    return {
      version: "4",
      groupKey: "{}:{}",
      truncatedAlerts: 0,
      status: alerts[0]!.status,
      receiver: "notify.webhook",
      groupLabels: {},
      commonLabels: common(alerts.map(({ labels }) => labels)),
      commonAnnotations: common(alerts.map(({ annotations }) => annotations)),
      externalURL: this.settings.externalUrl,
      alerts,
    };
  }

  private setFailing(reason: string | undefined): void {
    if (this.isFailing !== (reason !== undefined))
      this.report(
        reason === undefined
          ? "The webhook of notify.webhook takes alerts again"
          : `The webhook of notify.webhook takes no alerts: ${reason}. Check its address in the stack's configuration`,
      );
    this.isFailing = reason !== undefined;
  }
}

function common(all: readonly Record<string, string>[]): Record<string, string> {
  const [first = {}, ...others] = all;
  return Object.fromEntries(
    Object.entries(first).filter(([name, value]) => others.every((other) => other[name] === value)),
  );
}
