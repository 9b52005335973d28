import { signal } from "@preact/signals";

const STORED = "plinth.token";

/** Allows changes. It comes in the address that `make dashboard` prints, as `#token=…`. */
export const token = signal<string | undefined>(undefined);

/** Takes the token out of the address, so that it is in no bookmark, history or picture. */
export function readToken(): void {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given !== null && given !== "") {
    sessionStorage.setItem(STORED, given);
    history.replaceState(null, "", location.pathname + location.search);
  }
  token.value = sessionStorage.getItem(STORED) ?? undefined;
}

/** After the server refused it. */
export function forgetToken(): void {
  sessionStorage.removeItem(STORED);
  token.value = undefined;
}
