import { useEffect, useLayoutEffect, useReducer, useRef, useState } from "preact/hooks";
import { api } from "../app/api.ts";
import { useStream } from "../app/use-stream.ts";
import { CopyButton } from "../parts/copy-button.tsx";
import { Icon } from "../parts/icon.tsx";
import { Failed } from "../parts/notice.tsx";
import { appendConsole } from "./console-text.ts";

/** What a process wrote last, when its console is opened. */
const FIRST_BYTES = 64_000;
const DRAW_EVERY_MS = 100;
/** Closer to the end than this, the view follows it. */
const NEAR_END_PX = 40;

/** Output of a process, live. It stays at the end unless it is scrolled up. */
export function Console({ name }: { name: string }) {
  const [, draw] = useReducer((count: number) => count + 1, 0);
  const [paused, setPaused] = useState(false);
  const [error, setError] = useState<string>();
  const text = useRef("");
  const box = useRef<HTMLPreElement>(null);
  const follows = useRef(true);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  useStream<string>(paused ? undefined : api.consoleStream(name, FIRST_BYTES), "text", {
    // Each connection starts with the last bytes: what was shown is among them.
    opened: () => {
      text.current = "";
    },
    received: (written) => {
      text.current = appendConsole(text.current, written);
      timer.current ??= setTimeout(() => {
        timer.current = undefined;
        draw(undefined);
      }, DRAW_EVERY_MS);
    },
    problem: setError,
  });
  useLayoutEffect(() => {
    if (follows.current && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  });
  return (
    <>
      <div class="row">
        <button type="button" aria-pressed={!paused} class={paused ? "" : "live"} onClick={() => setPaused(!paused)}>
          <Icon name={paused ? "play" : "pause"} />
          {paused ? "Resume" : "Live: pause"}
        </button>
        <CopyButton text={text.current} />
      </div>
      {error !== undefined && <Failed error={error} />}
      <pre
        ref={box}
        class="code console"
        role="log"
        aria-label={`Console of ${name}`}
        tabIndex={0}
        onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
          follows.current = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
        }}
      >
        {text.current === "" ? "Nothing was written yet." : text.current}
      </pre>
    </>
  );
}
