const PATHS = {
  resources: "M4 4h6v6H4zM14 4h6v6h-6zM9 15h6v5H9zM7 10v2.5h10V10M12 12.5V15",
  logs: "M5 6h14M5 10h10M5 14h14M5 18h7",
  traces: "M4 6h9M8 10h9M8 14h5M13 18h7",
  metrics: "M4 19h16M5 15l4-5 4 3 6-8",
  alerts: "M12 4a5 5 0 0 0-5 5v4l-2 3h14l-2-3V9a5 5 0 0 0-5-5M10 19h4",
  topics: "M5 5h14v4H5zM5 10.5h14v4H5zM5 16h14v4H5z",
  schemas: "M9 4c-3 0-1 7-4 8 3 1 1 8 4 8M15 4c3 0 1 7 4 8-3 1-1 8-4 8",
  tenants: "M9 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6M3 19c0-3 3-5 6-5s6 2 6 5M16 5a3 3 0 0 1 0 6M18 14c2 .6 3 2.5 3 5",
  share: "M12 4v11M8 8l4-4 4 4M5 13v6h14v-6",
  help: "M9 9a3 3 0 1 1 4 3c-.8.4-1 1-1 2M12 17.500v.1",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8M12 3v1.500M12 19.500V21M3 12h1.500M19.5 12H21M5.6 5.600l1 1M17.4 17.400l1 1M5.6 18.400l1-1M17.4 6.600l1-1",
  moon: "M19 14.500A7.5 7.5 0 0 1 9.5 5 7.5 7.5 0 1 0 19 14.5",
  system: "M4 5h16v11H4zM9 20h6M12 16v4",
  ok: "M5 12.500l4.5 4.500L19 7.5",
  warn: "M12 4.500L21 19H3zM12 10v4M12 16.500v.1",
  error: "M12 3.500a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17M9 9l6 6M15 9l-6 6",
  wait: "M12 4a8 8 0 1 0 8 8M12 8v4l3 2",
  stop: "M6.5 6.500h11v11h-11z",
  play: "M8 5.500l10 6.5-10 6.500z",
  pause: "M8 5.500v13M16 5.500v13",
  restart: "M18.5 9A7 7 0 1 0 19 13.500M19 4.500V9h-4.5",
  close: "M6 6l12 12M18 6L6 18",
  copy: "M9 9h10v11H9zM15 9V4H5v11h4",
  download: "M12 4v11M8 11l4 4 4-4M5 19h14",
  right: "M9 5.500l6.5 6.500L9 18.5",
  down: "M5.5 9l6.5 6.500L18.5 9",
  up: "M5.5 15L12 8.5 18.5 15",
  link: "M10 14l4-4M8.5 11L6 13.500a3.2 3.2 0 0 0 4.5 4.500L13 15.500M11 8.500L13.5 6a3.2 3.2 0 0 1 4.5 4.500L15.5 13",
  lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  clock: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16M12 8v4.500l3 1.5",
  menu: "M4 7h16M4 12h16M4 17h16",
} as const;

export type IconName = keyof typeof PATHS;

/** Decoration beside a text: it has no name. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
