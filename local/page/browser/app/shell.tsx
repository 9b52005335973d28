import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { AlertsView } from "../alerts/alerts-view.tsx";
import { LogsView } from "../logs/logs-view.tsx";
import { MetricsView } from "../metrics/metrics-view.tsx";
import { Empty, Failed } from "../parts/notice.tsx";
import { ResourcesView } from "../resources/resources-view.tsx";
import { SchemasView } from "../schemas/schemas-view.tsx";
import { TenantsView } from "../tenants/tenants-view.tsx";
import { TopicsView } from "../topics/topics-view.tsx";
import { TracesView } from "../traces/traces-view.tsx";
import { api } from "./api.ts";
import { connected } from "./connection.ts";
import { Help } from "./help.tsx";
import { ImportedBanner } from "./imported-banner.tsx";
import { ImportsView } from "./imports-view.tsx";
import { helpOpen } from "./keyboard.ts";
import { address } from "./location.ts";
import { Navigation } from "./navigation.tsx";
import { summary } from "./platform.ts";
import { token } from "./token.ts";
import { useAnswer } from "./use-answer.ts";
import { VIEWS } from "./views.ts";

const PAGES: Record<string, ComponentType> = {
  resources: ResourcesView,
  logs: LogsView,
  traces: TracesView,
  dashboards: MetricsView,
  alerts: AlertsView,
  topics: TopicsView,
  schemas: SchemasView,
  tenants: TenantsView,
  imports: ImportsView,
};

const SUMMARY_EVERY_MS = 10_000;

export function Shell() {
  const { data } = useAnswer(`summary ${token.value ?? ""}`, api.summary, SUMMARY_EVERY_MS);
  const [path = "resources"] = address.value.path;
  const view = VIEWS.find((each) => each.path === path);
  useEffect(() => {
    if (data !== undefined) summary.value = data;
  }, [data]);
  useEffect(() => {
    document.title = `${view?.title ?? "Plinth"} · ${summary.value?.stack ?? "Plinth"}`;
  }, [view, summary.value]);
  const Page = PAGES[path];
  const reason = summary.value?.unavailable[path === "dashboards" ? "metrics" : path];
  return (
    <div class="shell">
      <a class="skip" href="#view">
        Skip to the view
      </a>
      <Navigation current={path} />
      <main id="view" data-view={path} tabIndex={-1}>
        {!connected.value && (
          <p class="banner away" role="alert">
            The stack does not answer. What you see is the last state; this page reconnects by itself.
          </p>
        )}
        <ImportedBanner />
        {reason !== undefined && <Failed error={reason} />}
        {Page === undefined ? (
          <Empty title="There is no such view.">Choose one in the navigation.</Empty>
        ) : (
          <Page key={path} />
        )}
      </main>
      {helpOpen.value && <Help />}
    </div>
  );
}
