import type { Resource } from "../../model/resource.ts";
import { address, changeQuery, href } from "../app/location.ts";
import { Badge } from "../parts/badge.tsx";
import { Detail } from "../parts/detail.tsx";
import { Fields } from "../parts/fields.tsx";
import { formatBytes, formatCpu, formatDate } from "../parts/format.ts";
import { Console } from "./console.tsx";
import { Endpoints } from "./endpoints.tsx";
import { ResourceActions } from "./resource-actions.tsx";
import { lookOf } from "./resource-state.ts";

const TABS = [
  { id: "overview", text: "Overview" },
  { id: "console", text: "Console" },
  { id: "environment", text: "Environment" },
] as const;

const MASKED = "***";

export function ResourceDetail({ resource, close }: { resource: Resource; close(): void }) {
  const asked = address.value.query.get("tab");
  const tab = TABS.find(({ id }) => id === asked)?.id ?? "overview";
  return (
    <Detail title={resource.name} close={close}>
      <div class="row spread">
        <Badge {...lookOf(resource.state)} />
        <ResourceActions resource={resource} />
      </div>
      <div class="tabs" role="tablist">
        {TABS.map(({ id, text }) => (
          <button
            key={id}
            type="button"
            role="tab"
            aria-selected={id === tab}
            onClick={() => changeQuery({ tab: id === "overview" ? undefined : id })}
          >
            {text}
          </button>
        ))}
      </div>
      <div role="tabpanel" class="tab-panel">
        {tab === "overview" && <Overview resource={resource} />}
        {tab === "console" && <Console name={resource.name} />}
        {tab === "environment" && <Environment environment={resource.environment} />}
      </div>
    </Detail>
  );
}

function Overview({ resource }: { resource: Resource }) {
  const { name, uses } = resource;
  return (
    <>
      <Fields
        entries={[
          ["kind", resource.kind],
          ["since", formatDate(new Date(resource.since).getTime())],
          ["endpoints", resource.endpoints.length === 0 ? "none" : <Endpoints resource={resource} />],
          ["restarts", String(resource.restarts)],
          ["last exit", resource.lastExit ?? "none"],
          ["CPU", resource.cpu === undefined ? "unknown" : `${formatCpu(resource.cpu)} of one core`],
          ["memory", resource.memory === undefined ? "unknown" : formatBytes(resource.memory)],
          ["process id", resource.pid === undefined ? "none" : String(resource.pid)],
          [
            "uses",
            uses.length === 0 ? (
              "nothing"
            ) : (
              <span class="row links">
                {uses.map((used) => (
                  <a
                    key={used}
                    href={href(["resources"], { resource: used, show: address.value.query.get("show") ?? undefined })}
                  >
                    {used}
                  </a>
                ))}
              </span>
            ),
          ],
        ]}
      />
      <div class="row links">
        <a href={href(["logs"], { service: name })}>Its lines</a>
        <a href={href(["traces"], { service: name })}>Its traces</a>
        <a href={href(["dashboards"], { service: name })}>Its metrics</a>
      </div>
    </>
  );
}

function Environment({ environment }: { environment: Record<string, string> }) {
  const entries = Object.entries(environment).sort(([a], [b]) => a.localeCompare(b));
  if (entries.length === 0) return <p class="muted">Nothing is known of its environment.</p>;
  return (
    <Fields
      entries={entries.map(([name, value]) => [
        name,
        value === MASKED ? <Badge tone="muted" icon="lock" text="secret" title="Never leaves the server" /> : value,
      ])}
    />
  );
}
