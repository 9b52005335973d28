import type { Panel } from "../../model/dashboard.ts";
import { Failed } from "../parts/notice.tsx";
import { useInView } from "../parts/use-in-view.ts";
import { lastValue } from "./align.ts";
import { Bars } from "./bars.tsx";
import { Chart } from "./chart.tsx";
import type { Chosen } from "./expression.ts";
import { LogsPanel } from "./logs-panel.tsx";
import { Stat } from "./stat.tsx";
import { TracesPanel } from "./traces-panel.tsx";
import { type PanelData, usePanel, type Window } from "./use-panel.ts";
import { ValueTable } from "./value-table.tsx";

interface PanelViewProps {
  panel: Panel;
  chosen: Chosen;
  window: Window;
  /** Whether it stands at the top, where it is seen at once. */
  isFirst: boolean;
}

const DEFAULT_WIDTH = 12;

export function PanelView({ panel, chosen, window, isFirst }: PanelViewProps) {
  const [box, isVisible] = useInView<HTMLElement>(isFirst);
  return (
    <article
      ref={box}
      class={`panel ${panel.kind}`}
      style={{ "--columns": String(panel.width ?? DEFAULT_WIDTH) }}
      aria-label={panel.title}
    >
      <header>
        <h3 title={panel.description}>{panel.title}</h3>
        <p class="panel-text">{panel.description}</p>
      </header>
      {panel.kind === "logs" ? (
        isVisible && <LogsPanel selection={panel.logs} chosen={chosen} window={window} />
      ) : panel.kind === "traces" ? (
        isVisible && <TracesPanel selection={panel.traces} chosen={chosen} window={window} />
      ) : (
        <Numbers panel={panel} chosen={chosen} window={window} isVisible={isVisible} />
      )}
    </article>
  );
}

interface NumbersProps extends Omit<PanelViewProps, "isFirst"> {
  isVisible: boolean;
}

function Numbers({ panel, chosen, window, isVisible }: NumbersProps) {
  const { data, error } = usePanel(panel, chosen, window, isVisible);
  return (
    <>
      {error !== undefined && <Failed error={error} />}
      {data === undefined ? (
        error === undefined && <p class="no-data muted">Loading …</p>
      ) : data.series.every((series) => lastValue(series) === null) ? (
        <p class="no-data" data-state="no-data">
          No data in this time range
          {panel.requires !== undefined && <small>This panel needs {panel.requires}.</small>}
        </p>
      ) : (
        <Drawing panel={panel} data={data} />
      )}
    </>
  );
}

function Drawing({ panel, data }: { panel: Panel; data: PanelData }) {
  const { kind, title, unit, threshold } = panel;
  if (kind === "stat") return <Stat series={data.series} panel={panel} />;
  if (kind === "bars") return <Bars series={data.series} panel={panel} />;
  if (kind === "table") return <ValueTable series={data.series} unit={unit} />;
  return <Chart title={title} unit={unit} threshold={threshold} data={data} />;
}
