import { useState } from "preact/hooks";
import type { Alert } from "../../model/alert.ts";
import { api } from "../app/api.ts";
import { address, changeQuery, href } from "../app/location.ts";
import { useAnswer } from "../app/use-answer.ts";
import { useListKeys } from "../app/use-list-keys.ts";
import { Badge, type Tone } from "../parts/badge.tsx";
import { formatAge, formatDate } from "../parts/format.ts";
import { Icon, type IconName } from "../parts/icon.tsx";
import { Empty, Failed, Loading } from "../parts/notice.tsx";
import { useNow } from "../parts/use-now.ts";
import { Runbook } from "./runbook.tsx";

const EVERY_MS = 5_000;
const AROUND_MS = 15 * 60_000;

const GROUPS: readonly { state: Alert["state"]; title: string; tone: Tone; icon: IconName }[] = [
  { state: "firing", title: "Firing", tone: "bad", icon: "alerts" },
  { state: "pending", title: "Pending", tone: "warn", icon: "wait" },
  { state: "resolved", title: "Resolved within a day", tone: "good", icon: "ok" },
];

export function AlertsView() {
  const { data: alerts, error } = useAnswer("alerts", api.alerts, EVERY_MS);
  const [selected, setSelected] = useState(-1);
  const runbook = address.value.query.get("runbook");
  const shown = GROUPS.flatMap((group) => alerts?.filter(({ state }) => state === group.state) ?? []);
  const current = shown[selected];
  useListKeys({
    move: (step) => setSelected(Math.max(0, Math.min(shown.length - 1, selected + step))),
    open: () => current && changeQuery({ runbook: current.runbook }),
    close: () => {
      setSelected(-1);
      changeQuery({ runbook: undefined });
    },
  });
  return (
    <section class="view">
      <div class="split">
        <div class="page">
          <AlertGroups alerts={alerts} error={error} shown={shown} current={current} />
        </div>
        {runbook !== null && <Runbook key={runbook} name={runbook} close={() => changeQuery({ runbook: undefined })} />}
      </div>
    </section>
  );
}

interface AlertGroupsProps {
  alerts: readonly Alert[] | undefined;
  error: string | undefined;
  shown: readonly Alert[];
  current: Alert | undefined;
}

function AlertGroups({ alerts, error, shown, current }: AlertGroupsProps) {
  return (
    <>
      <header class="page-head">
        <h1>Alerts</h1>
      </header>
      {error !== undefined && <Failed error={error} />}
      {alerts === undefined && error === undefined && <Loading what="alerts" />}
      {alerts?.length === 0 && (
        <Empty title="All is well.">No alert is pending or fires, and none did within a day.</Empty>
      )}
      {GROUPS.map((group) => {
        const members = shown.filter(({ state }) => state === group.state);
        if (members.length === 0) return null;
        return (
          <section key={group.state} aria-label={group.title}>
            <h2>
              {group.title} <span class="muted">{members.length}</span>
            </h2>
            <ul class="plain">
              {members.map((alert) => (
                <AlertCard key={keyOf(alert)} alert={alert} group={group} isSelected={alert === current} />
              ))}
            </ul>
          </section>
        );
      })}
    </>
  );
}

interface AlertCardProps {
  alert: Alert;
  group: (typeof GROUPS)[number];
  isSelected: boolean;
}

function AlertCard({ alert, group, isSelected }: AlertCardProps) {
  const now = useNow(5_000);
  const since = new Date(alert.since).getTime();
  const { service } = alert.labels;
  const around = { from: since - AROUND_MS, to: Math.min(now, since + AROUND_MS) };
  return (
    <li class={`card alert ${alert.state}`} aria-current={isSelected}>
      <header class="row spread">
        <span class="row">
          <Badge tone={group.tone} icon={group.icon} text={alert.state} />
          <strong>{alert.name}</strong>
          <Badge tone={alert.severity === "critical" ? "bad" : "warn"} text={alert.severity} />
        </span>
        <time class="muted" title={formatDate(since)}>
          since {formatAge(since, now)}
          {alert.resolvedAt !== undefined && `, resolved ${formatAge(new Date(alert.resolvedAt).getTime(), now)}`}
        </time>
      </header>
      <p>{alert.summary}</p>
      <p class="action">
        <Icon name="right" />
        <span>{alert.action}</span>
      </p>
      <div class="row links">
        <a href={href(["alerts"], { runbook: alert.runbook })}>Runbook</a>
        {service !== undefined && <a href={href(["logs"], { service, ...around })}>Its lines then</a>}
        {service !== undefined && <a href={href(["traces"], { service, ...around })}>Its traces then</a>}
        {service !== undefined && <a href={href(["resources"], { resource: service })}>The resource</a>}
      </div>
      <p class="labels">
        {Object.entries(alert.labels).map(([name, value]) => (
          <code key={name}>
            {name}={value}
          </code>
        ))}
      </p>
    </li>
  );
}

function keyOf({ name, labels, since, state }: Alert): string {
  return JSON.stringify([name, labels, since, state]);
}
