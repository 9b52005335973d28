import { useState } from "preact/hooks";
import type { Resource } from "../../model/resource.ts";
import { api } from "../app/api.ts";
import { summary } from "../app/platform.ts";
import { token } from "../app/token.ts";
import { TokenHint } from "../app/token-hint.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Icon } from "../parts/icon.tsx";
import { Failed } from "../parts/notice.tsx";

type Action = Resource["actions"][number];

const ALL: readonly { action: Action; text: string; icon: "play" | "stop" | "restart" }[] = [
  { action: "start", text: "Start", icon: "play" },
  { action: "stop", text: "Stop", icon: "stop" },
  { action: "restart", text: "Restart", icon: "restart" },
];

/** Start, stop and restart. Stopping asks first: what uses the resource fails meanwhile. */
export function ResourceActions({ resource: { name, actions } }: { resource: Resource }) {
  const [running, setRunning] = useState<Action>();
  const [asking, setAsking] = useState(false);
  const [problem, setProblem] = useState<string>();
  const isAllowed = token.value !== undefined && summary.value?.readOnly !== true;
  const run = async (action: Action): Promise<void> => {
    setAsking(false);
    setProblem(undefined);
    setRunning(action);
    await api.act(name, action).catch((error: Error) => setProblem(error.message));
    setRunning(undefined);
  };
  return (
    <div class="actions">
      <div class="row">
        {ALL.filter(({ action }) => !isAllowed || actions.includes(action)).map(({ action, text, icon }) => (
          <button
            key={action}
            type="button"
            disabled={!isAllowed || running !== undefined}
            onClick={() => (action === "stop" ? setAsking(true) : void run(action))}
          >
            <Icon name={icon} />
            {running === action ? `${text} …` : text}
          </button>
        ))}
      </div>
      <TokenHint what="start, stop or restart it" />
      {problem !== undefined && <Failed error={problem} />}
      {asking && (
        <Dialog
          title={`Stop ${name}?`}
          close={() => setAsking(false)}
          confirm={{ text: "Stop", danger: true, run: () => void run("stop") }}
        >
          <p>It stays stopped until it is started here or by “make up”. What uses it fails meanwhile.</p>
        </Dialog>
      )}
    </div>
  );
}
