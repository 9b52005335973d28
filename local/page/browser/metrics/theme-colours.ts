import { useEffect, useState } from "preact/hooks";
import { onThemeChange } from "../app/theme.ts";

/** Values of CSS colours that a canvas cannot look up by itself. */
export function resolveColours(names: readonly string[]): string[] {
  const probe = document.createElement("i");
  document.body.append(probe);
  const colours = names.map((name) => {
    probe.style.color = name;
    return getComputedStyle(probe).color;
  });
  probe.remove();
  return colours;
}

/** A number that changes with the theme. */
export function useThemeVersion(): number {
  const [version, setVersion] = useState(0);
  useEffect(() => onThemeChange(() => setVersion((count) => count + 1)), []);
  return version;
}
