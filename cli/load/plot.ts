/** A curve with one value for each second. */
export interface Curve {
  name: string;
  colour: string;
  values: readonly number[];
}

export interface Panel {
  title: string;
  curves: readonly Curve[];
}

const WIDTH = 800;
const HEIGHT = 240;
const LEFT = 70;
const TOP = 40;
const BOTTOM = 30;
const LINES = 4;

/** Draws panels of curves over the seconds of a load, one below the other, as an SVG. */
export function renderPlot(title: string, panels: readonly Panel[]): string {
  const height = panels.length * HEIGHT + TOP;
  const head = `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12">`;
  const background = `<rect width="100%" height="100%" fill="white"/>`;
  const drawn = panels.map(
    (panel, index) => `<g transform="translate(0 ${TOP + index * HEIGHT})">${renderPanel(panel)}</g>`,
  );
  return [head, background, renderLabel(LEFT, 24, title, "font-weight='bold'"), ...drawn, "</svg>", ""].join("\n");
}

function renderPanel({ title, curves }: Panel): string {
  const seconds = Math.max(2, ...curves.map(({ values }) => values.length));
  const highest = roundUpToScale(Math.max(...curves.flatMap(({ values }) => values), 0));
  const x = (index: number) => LEFT + (index / (seconds - 1)) * (WIDTH - LEFT - 20);
  const y = (value: number) => HEIGHT - BOTTOM - (value / highest) * (HEIGHT - BOTTOM - TOP);
  const grid = Array.from({ length: LINES + 1 }, (_, line) => {
    const value = (highest / LINES) * line;
    const across = `<line x1="${LEFT}" x2="${WIDTH - 20}" y1="${y(value)}" y2="${y(value)}" stroke="#ddd"/>`;
    return across + renderLabel(LEFT - 6, y(value) + 4, value.toLocaleString("en"), "text-anchor='end'");
  });
  const lines = curves.map(({ colour, values }) => {
    const points = values.map((value, index) => `${x(index).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
    return `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${points}"/>`;
  });
  const legend = curves.map(({ name, colour }, index) =>
    renderLabel(WIDTH - 20 - (curves.length - index - 1) * 60, 20, name, `text-anchor='end' fill='${colour}'`),
  );
  const axis =
    renderLabel(LEFT, HEIGHT - 10, "1 s") + renderLabel(WIDTH - 20, HEIGHT - 10, `${seconds} s`, "text-anchor='end'");
  return [renderLabel(LEFT, 20, title), ...grid, ...lines, ...legend, axis].join("\n");
}

/** Rounds up to 1, 2 or 5 times a power of ten, so that grid lines stand at round values. */
function roundUpToScale(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value) ?? value;
}

function renderLabel(x: number, y: number, text: string, attributes = ""): string {
  return `<text x="${x}" y="${y}" ${attributes}>${text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")}</text>`;
}
