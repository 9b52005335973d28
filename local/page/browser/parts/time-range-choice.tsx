import { useRef, useState } from "preact/hooks";
import { changeQuery } from "../app/location.ts";
import { formatDate } from "./format.ts";
import { Icon } from "./icon.tsx";
import { describeLast, LAST, type TimeRange, toLocalInput } from "./time-range.ts";
import { useOutside } from "./use-outside.ts";

/** The time range of a view, in its address as `range`, or `from` and `to`. */
export function TimeRangeChoice({ range }: { range: TimeRange }) {
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const from = useRef<HTMLInputElement>(null);
  const to = useRef<HTMLInputElement>(null);
  useOutside(box, open, () => setOpen(false));
  const text =
    range.last === undefined ? `${formatDate(range.from)} – ${formatDate(range.to)}` : describeLast(range.last);
  const choose = (last: string): void => {
    setOpen(false);
    changeQuery({ range: last, from: undefined, to: undefined });
  };
  const apply = (): void => {
    const start = new Date(from.current!.value).getTime();
    const end = new Date(to.current!.value).getTime();
    if (!(end > start)) {
      to.current!.setCustomValidity("The end must come after the start.");
      to.current!.reportValidity();
      return;
    }
    setOpen(false);
    changeQuery({ range: undefined, from: start, to: end });
  };
  return (
    <div class="many" ref={box}>
      <button type="button" class="field button-field" aria-expanded={open} onClick={() => setOpen(!open)}>
        <Icon name="clock" />
        <span class="many-text">{text}</span>
        <Icon name="down" />
      </button>
      {open && (
        <fieldset class="popover range" aria-label="Time range">
          <div class="range-last">
            {LAST.map((last) => (
              <button
                key={last}
                type="button"
                class="quiet"
                aria-pressed={last === range.last}
                onClick={() => choose(last)}
              >
                {describeLast(last)}
              </button>
            ))}
          </div>
          <div class="range-ends">
            <label>
              From
              <input ref={from} type="datetime-local" step="1" class="field" value={toLocalInput(range.from)} />
            </label>
            <label>
              To
              <input
                ref={to}
                type="datetime-local"
                step="1"
                class="field"
                value={toLocalInput(range.to)}
                onInput={(event) => event.currentTarget.setCustomValidity("")}
              />
            </label>
            <button type="button" onClick={apply}>
              Apply
            </button>
          </div>
        </fieldset>
      )}
    </div>
  );
}
