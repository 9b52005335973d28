import { useState } from "preact/hooks";
import type { Resource } from "../../model/resource.ts";
import { api } from "../app/api.ts";
import { address, changeQuery } from "../app/location.ts";
import { useAnswer } from "../app/use-answer.ts";
import { useListKeys } from "../app/use-list-keys.ts";
import { useStream } from "../app/use-stream.ts";
import { Choice } from "../parts/choice.tsx";
import { formatCount } from "../parts/format.ts";
import { Empty, Failed, Loading } from "../parts/notice.tsx";
import { SearchField } from "../parts/search-field.tsx";
import { ResourceDetail } from "./resource-detail.tsx";
import { ResourceGraph } from "./resource-graph.tsx";
import { ResourceList } from "./resource-list.tsx";
import { lookOf } from "./resource-state.ts";

const EVERY_MS = 5_000;
const KINDS: readonly Resource["kind"][] = [
  "service",
  "database",
  "cache",
  "broker",
  "registry",
  "observability",
  "other",
];

export function ResourcesView() {
  const asked = useAnswer("resources", api.resources, EVERY_MS);
  const [streamed, setStreamed] = useState<Resource[]>();
  useStream<Resource[]>("/api/resources/stream", "resources", { received: setStreamed, problem: () => {} });
  const resources = streamed ?? asked.data;
  const { query } = address.value;
  const show = query.get("show") === "list" ? "list" : "graph";
  const text = query.get("text") ?? "";
  const kind = query.get("kind") ?? "";
  const shown = (resources ?? []).filter(
    (each) => each.name.toLowerCase().includes(text.toLowerCase()) && (kind === "" || each.kind === kind),
  );
  const chosen = query.get("resource") ?? undefined;
  const resource = resources?.find(({ name }) => name === chosen);
  const selected = shown.findIndex(({ name }) => name === chosen);
  const select = (name: string | undefined): void =>
    changeQuery(
      { resource: name, tab: name && (query.get("tab") ?? undefined) },
      chosen === undefined ? "push" : "replace",
    );
  useListKeys({
    move: (step) => select(shown[Math.max(0, Math.min(shown.length - 1, selected + step))]?.name),
    close: () => select(undefined),
  });
  return (
    <section class="view">
      <search class="filters">
        <SearchField
          main
          class="grow"
          label="Name of a resource"
          value={text}
          changed={(next) => changeQuery({ text: next }, "replace")}
        />
        <Choice
          label="Kind"
          value={kind}
          options={[{ value: "", text: "all" }, ...KINDS.map((each) => ({ value: each, text: each }))]}
          changed={(next) => changeQuery({ kind: next })}
        />
        <div class="switch">
          {(["graph", "list"] as const).map((way) => (
            <button
              key={way}
              type="button"
              aria-pressed={show === way}
              onClick={() => changeQuery({ show: way === "graph" ? undefined : way })}
            >
              {way === "graph" ? "Graph" : "List"}
            </button>
          ))}
        </div>
      </search>
      <div class="toolbar">
        <States resources={shown} />
      </div>
      {asked.error !== undefined && <Failed error={asked.error} />}
      {resources === undefined ? (
        asked.error === undefined && <Loading what="resources" />
      ) : shown.length === 0 ? (
        <Empty title={resources.length === 0 ? "Nothing runs." : "No resource matches."}>
          {resources.length === 0 && "Start the stack with make up."}
        </Empty>
      ) : (
        <div class="split">
          <div class="split-main">
            {show === "graph" ? (
              <ResourceGraph resources={shown} selected={chosen} select={select} />
            ) : (
              <ResourceList resources={shown} selected={chosen} select={select} />
            )}
          </div>
          {resource !== undefined && <ResourceDetail resource={resource} close={() => select(undefined)} />}
        </div>
      )}
    </section>
  );
}

/** As in "9 resources · 8 ready · 1 failed". */
function States({ resources }: { resources: readonly Resource[] }) {
  const counts = new Map<Resource["state"], number>();
  for (const { state } of resources) counts.set(state, (counts.get(state) ?? 0) + 1);
  return (
    <span class="count-text" role="status">
      {formatCount(resources.length, "resource")}
      {[...counts].map(([state, count]) => (
        <span key={state} class={`state-count ${lookOf(state).tone}`}>
          {" "}
          · {count} {lookOf(state).text}
        </span>
      ))}
    </span>
  );
}
