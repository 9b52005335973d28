import { Dialog } from "../parts/dialog.tsx";
import { helpOpen } from "./keyboard.ts";
import { VIEWS } from "./views.ts";

const KEYS: readonly (readonly [string, string])[] = [
  ["/", "Search"],
  ["j, k", "Next, previous row"],
  ["Enter", "Open the row"],
  ["Esc", "Leave a field; close what is open"],
  ["p", "Pause or resume live data"],
  ["?", "This list"],
];

export function Help() {
  const close = (): void => {
    helpOpen.value = false;
  };
  return (
    <Dialog title="Keys" close={close}>
      <dl class="keys">
        {[...KEYS, ...VIEWS.map((view) => [`g ${view.key}`, view.title] as const)].map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
