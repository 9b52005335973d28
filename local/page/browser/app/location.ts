import { signal } from "@preact/signals";

/** The page's address: every view reads its filters, its time range and its selection here. */
export interface Address {
  /** Such as `["traces", "4bf9…"]`. */
  path: string[];
  query: URLSearchParams;
}

export const address = signal<Address>(read());

/** Values of one query name; `undefined` and empty ones remove it. */
export type QueryChange = Record<string, string | number | readonly string[] | undefined>;

function read(): Address {
  const path = location.pathname.split("/").filter((part) => part !== "");
  return { path: path.map(decode), query: new URLSearchParams(location.search) };
}

/** Someone may type an address with malformed percent-encoding. */
function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** An address for a link. Each part of the path is encoded. */
export function href(path: readonly string[], query: QueryChange = {}): string {
  const text = withChange(new URLSearchParams(), query).toString();
  return `/${path.map(encodeURIComponent).join("/")}${text === "" ? "" : `?${text}`}`;
}

export function go(target: string, how: "push" | "replace" = "push"): void {
  if (target === location.pathname + location.search) return;
  history[how === "push" ? "pushState" : "replaceState"](null, "", target);
  address.value = read();
}

/** Changes the query of this view. Text fields replace, so that Back does not undo letters. */
export function changeQuery(change: QueryChange, how: "push" | "replace" = "push"): void {
  const text = withChange(new URLSearchParams(address.value.query), change).toString();
  go(location.pathname + (text === "" ? "" : `?${text}`), how);
}

function withChange(query: URLSearchParams, change: QueryChange): URLSearchParams {
  for (const [name, value] of Object.entries(change)) {
    query.delete(name);
    for (const each of Array.isArray(value) ? value : [value])
      if (each !== undefined && each !== "") query.append(name, String(each));
  }
  return query;
}

/** Back, forward, and clicks on links of this page. */
export function followLinks(): void {
  addEventListener("popstate", () => {
    address.value = read();
  });
  addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (link === null || event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if (link.target !== "" || link.hasAttribute("download") || link.origin !== location.origin) return;
    event.preventDefault();
    go(link.pathname + link.search);
  });
}
