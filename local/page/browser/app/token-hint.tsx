import { Icon } from "../parts/icon.tsx";
import { summary } from "./platform.ts";
import { token } from "./token.ts";

/** Why a button is off: it says how to get the token. Nothing while there is one. */
export function TokenHint({ what }: { what: string }) {
  if (summary.value?.readOnly) return <p class="hint">This page is read-only: it shows a cluster.</p>;
  if (token.value !== undefined) return null;
  return (
    <p class="hint">
      <Icon name="lock" />
      <span>
        To {what}, open this page with its token: type <code>make dashboard</code>.
      </span>
    </p>
  );
}
