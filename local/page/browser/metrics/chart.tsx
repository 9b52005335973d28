import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import type { Unit } from "../../model/dashboard.ts";
import { changeQuery } from "../app/location.ts";
import { type Aligned, alignSeries } from "./align.ts";
import { chartOptions } from "./chart-options.ts";
import { type Dot, ExemplarDots, placeDots } from "./exemplar-dots.tsx";
import { Legend } from "./legend.tsx";
import { chartColours, useThemeVersion } from "./theme-colours.ts";
import type { PanelData } from "./use-panel.ts";

interface ChartProps {
  title: string;
  unit: Unit;
  threshold: number | undefined;
  data: PanelData;
}

/** Lines over time. Dragging over it zooms the dashboard. */
export function Chart({ title, unit, threshold, data }: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot>(undefined);
  const latest = useRef(data);
  latest.current = data;
  const [hiddenSeries, setHidden] = useState<ReadonlySet<number>>(new Set());
  const [hovered, setHovered] = useState<number>();
  const [dots, setDots] = useState<readonly Dot[]>([]);
  const theme = useThemeVersion();
  const aligned = useMemo(() => alignSeries(data.series), [data]);
  const shown = useRef(aligned);
  shown.current = aligned;
  const drawn = useRef<Aligned>(undefined);
  const names = data.series.map(({ name }) => name).join("\n");
  const hiddenKey = [...hiddenSeries].join();

  useLayoutEffect(() => {
    const element = box.current!;
    const { series: palette, ...colours } = chartColours();
    const options = chartOptions({
      width: Math.max(100, element.clientWidth),
      height: element.clientHeight,
      colours: latest.current.series.map((_, index) => palette[index % palette.length]!),
      ...colours,
      unit,
      threshold,
      hiddenSeries,
      zoomed: (from, to) => changeQuery({ range: undefined, from: Math.floor(from * 1000), to: Math.ceil(to * 1000) }),
      hovered: setHovered,
      drawn: (chart) => setDots(placeDots(chart, latest.current.exemplars)),
    });
    chart.current = new uPlot(options, shown.current as uPlot.AlignedData, element);
    drawn.current = shown.current;
    const observer = new ResizeObserver(() => {
      const width = Math.max(100, element.clientWidth);
      // It reports at once what the chart has already.
      if (width !== chart.current?.width) chart.current?.setSize({ width, height: element.clientHeight });
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      chart.current?.destroy();
      chart.current = undefined;
    };
  }, [names, theme, hiddenKey, unit, threshold]);

  useEffect(() => {
    if (drawn.current === aligned) return;
    drawn.current = aligned;
    chart.current?.setData(aligned as uPlot.AlignedData);
  }, [aligned]);

  const toggle = (index: number, alone: boolean): void => {
    const others = data.series.map((_, other) => other).filter((other) => other !== index);
    const next = new Set(alone ? others : hiddenSeries);
    if (alone && hiddenSeries.size === others.length) next.clear();
    else if (!alone && !next.delete(index)) next.add(index);
    setHidden(next);
  };
  return (
    <>
      <div class="chart" ref={box} role="img" aria-label={`Chart: ${title}`}>
        <ExemplarDots dots={dots} />
      </div>
      <Legend data={data} unit={unit} aligned={aligned} hovered={hovered} hiddenSeries={hiddenSeries} toggle={toggle} />
    </>
  );
}
