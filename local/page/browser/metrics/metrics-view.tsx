import { useEffect, useMemo } from "preact/hooks";
import type { Dashboard, Variable } from "../../model/dashboard.ts";
import { api } from "../app/api.ts";
import { address, changeQuery, go, href } from "../app/location.ts";
import { useAnswer } from "../app/use-answer.ts";
import { useListKeys } from "../app/use-list-keys.ts";
import { Choice } from "../parts/choice.tsx";
import { Icon } from "../parts/icon.tsx";
import { Empty, Failed, Loading } from "../parts/notice.tsx";
import { readRange } from "../parts/time-range.ts";
import { TimeRangeChoice } from "../parts/time-range-choice.tsx";
import type { Chosen } from "./expression.ts";
import { PanelView } from "./panel-view.tsx";
import type { Window } from "./use-panel.ts";

const EVERY_MS = 10_000;
const DEFAULT_RANGE = "15m";
/** Rows that are on the screen before anything is scrolled. */
const FIRST_ROWS = 2;

export function MetricsView() {
  const { data: dashboards, error } = useAnswer("dashboards", api.dashboards);
  const [, id] = address.value.path;
  if (dashboards === undefined) return error === undefined ? <Loading what="dashboards" /> : <Failed error={error} />;
  const dashboard = id === undefined ? dashboards[0] : dashboards.find((each) => each.id === id);
  if (dashboard === undefined) return <Empty title="There is no such dashboard." />;
  return <DashboardView key={dashboard.id} dashboard={dashboard} dashboards={dashboards} />;
}

function DashboardView({ dashboard, dashboards }: { dashboard: Dashboard; dashboards: readonly Dashboard[] }) {
  const { query } = address.value;
  const range = readRange(query, Date.now(), DEFAULT_RANGE);
  const paused = query.get("paused") !== null;
  const window = useWindow(query, paused);
  const chosen: Chosen = {};
  for (const { name } of dashboard.variables) {
    const value = query.get(name);
    if (value) chosen[name] = value;
  }
  const togglePause = (): void => changeQuery({ paused: paused ? undefined : "1" }, "replace");
  const isLive = range.last !== undefined;
  useListKeys({
    move: () => {},
    close: () => changeQuery({ from: undefined, to: undefined }),
    other: { p: isLive ? togglePause : undefined },
  });
  return (
    <section class="view scrolling">
      <div class="filters">
        <Choice
          label="Dashboard"
          value={dashboard.id}
          options={dashboards.map(({ id, title }) => ({ value: id, text: title }))}
          changed={(id) =>
            go(
              href(["dashboards", id], {
                range: range.last,
                from: query.get("from") ?? undefined,
                to: query.get("to") ?? undefined,
              }),
            )
          }
        />
        {dashboard.variables.map((variable) => (
          <VariableChoice key={variable.name} variable={variable} value={chosen[variable.name] ?? ""} />
        ))}
        <TimeRangeChoice range={range} />
        {isLive ? (
          <button
            type="button"
            aria-pressed={!paused}
            class={paused ? "" : "live"}
            onClick={togglePause}
            title="Press p"
          >
            <Icon name={paused ? "play" : "pause"} />
            {paused ? "Resume" : "Live: pause"}
          </button>
        ) : (
          <button type="button" onClick={() => changeQuery({ from: undefined, to: undefined })} title="Press Esc">
            <Icon name="restart" />
            Live again
          </button>
        )}
      </div>
      <p class="muted dashboard-text">{dashboard.description}</p>
      {dashboard.rows.map((row, index) => (
        <section key={row.title} class="dashboard-row">
          <h2>{row.title}</h2>
          <div class="panels">
            {row.panels.map((panel) => (
              <PanelView key={panel.title} panel={panel} chosen={chosen} window={window} isFirst={index < FIRST_ROWS} />
            ))}
          </div>
        </section>
      ))}
    </section>
  );
}

/** The same object while the address says the same, so that panels do not ask again. */
function useWindow(query: URLSearchParams, paused: boolean): Window {
  const { last, from, to } = readRange(query, Date.now(), DEFAULT_RANGE);
  const key = `${last ?? `${from} ${to}`}`;
  return useMemo(() => {
    const ends = (): { from: number; to: number } => {
      const now = readRange(query, Date.now(), DEFAULT_RANGE);
      return { from: Math.floor(now.from / 1000), to: Math.ceil(now.to / 1000) };
    };
    return { key, ends, everyMs: last === undefined || paused ? undefined : EVERY_MS };
  }, [key, paused]);
}

function VariableChoice({ variable, value }: { variable: Variable; value: string }) {
  const { data: values = [] } = useAnswer(`labels ${variable.metric} ${variable.label}`, (signal) =>
    api.labelValues(variable.label, variable.metric, signal),
  );
  // A page of one tenant shows one: the first, until another is chosen.
  const first = variable.name === "tenant" && value === "" ? values[0] : undefined;
  useEffect(() => {
    if (first !== undefined) changeQuery({ tenant: first }, "replace");
  }, [first]);
  const all = variable.name === "tenant" ? [] : [{ value: "", text: "all" }];
  return (
    <Choice
      label={variable.name === "service" ? "Service" : "Tenant"}
      value={value}
      options={[...all, ...values.map((each) => ({ value: each, text: each }))]}
      changed={(chosen) => changeQuery({ [variable.name]: chosen })}
    />
  );
}
