import { useEffect, useRef } from "preact/hooks";
import { Icon } from "../parts/icon.tsx";
import { api } from "./api.ts";
import { helpOpen } from "./keyboard.ts";
import { href } from "./location.ts";
import { importedData, summary } from "./platform.ts";
import { setTheme, type Theme, theme } from "./theme.ts";
import { useAnswer } from "./use-answer.ts";
import { VIEWS } from "./views.ts";

const ALERTS_EVERY_MS = 5_000;
const NEXT_THEME: Record<Theme, Theme> = { system: "light", light: "dark", dark: "system" };
const THEME_ICON = { system: "system", light: "sun", dark: "moon" } as const;

export function Navigation({ current }: { current: string }) {
  const { data: alerts = [] } = useAnswer("alerts", api.alerts, ALERTS_EVERY_MS);
  const firing = alerts.filter(({ state }) => state === "firing").length;
  const data = importedData();
  const views = useRef<HTMLElement>(null);
  // On a narrow screen the names of views scroll sideways.
  useEffect(() => {
    views.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [current]);
  const platform = summary.value;
  return (
    <header class="navigation">
      <a class="brand" href="/resources" aria-label="Plinth: resources">
        <svg class="brand-mark" viewBox="0 0 32 32" aria-hidden="true">
          <path d="M9 7h14v5H9zM12 13h8v7h-8zM6 21h20v5H6z" />
        </svg>
        <span>
          <strong>Plinth</strong>
          {platform !== undefined && (
            <small>
              {platform.stack}
              {platform.readOnly ? " · read-only" : ""}
            </small>
          )}
        </span>
      </a>
      <nav aria-label="Views" ref={views}>
        {VIEWS.map((view) => (
          <a
            key={view.path}
            href={href([view.path], view.ofImports ? { data } : {})}
            aria-current={view.path === current ? "page" : undefined}
            title={`${view.title} (g ${view.key})`}
          >
            <Icon name={view.icon} />
            <span>{view.title}</span>
            {view.path === "alerts" && firing > 0 && (
              <b class="count" role="status" aria-label={`${firing} firing`}>
                {firing}
              </b>
            )}
          </a>
        ))}
      </nav>
      <div class="navigation-end">
        <button
          type="button"
          class="quiet small"
          title={`Colours: ${theme.value}`}
          onClick={() => setTheme(NEXT_THEME[theme.value])}
        >
          <Icon name={THEME_ICON[theme.value]} />
          <span class="wide">{theme.value === "system" ? "As the system" : theme.value}</span>
        </button>
        <button
          type="button"
          class="quiet small"
          title="Keys (?)"
          aria-label="Keys"
          onClick={() => {
            helpOpen.value = true;
          }}
        >
          <Icon name="help" />
        </button>
      </div>
    </header>
  );
}
