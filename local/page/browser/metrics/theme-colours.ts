import { useEffect, useState } from "preact/hooks";
import { onThemeChange, theme } from "../app/theme.ts";

export interface ChartColours {
  axis: string;
  grid: string;
  limit: string;
  /** Of the series, in turn. */
  series: string[];
}

const SERIES = 8;

/** Of the last theme that was looked up: each look-up makes the browser recompute styles. */
let known: { scheme: string; colours: ChartColours } | undefined;

/** Values of the CSS colours that a canvas cannot look up by itself. */
export function chartColours(): ChartColours {
  const scheme = `${theme.value} ${matchMedia("(prefers-color-scheme: dark)").matches}`;
  if (known?.scheme === scheme) return known.colours;
  const probe = document.createElement("i");
  document.body.append(probe);
  const colourOf = (name: string): string => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const series = Array.from({ length: SERIES }, (_, index) => colourOf(`data-${index}`));
  const colours = { axis: colourOf("muted"), grid: colourOf("grid"), limit: colourOf("bad"), series };
  probe.remove();
  known = { scheme, colours };
  return colours;
}

/** A number that changes with the theme. */
export function useThemeVersion(): number {
  const [version, setVersion] = useState(0);
  useEffect(() => onThemeChange(() => setVersion((count) => count + 1)), []);
  return version;
}
