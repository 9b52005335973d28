import { useRef, useState } from "preact/hooks";
import { Icon } from "./icon.tsx";
import { useOutside } from "./use-outside.ts";

interface ManyChoiceProps {
  label: string;
  /** None chosen means all. */
  chosen: readonly string[];
  options: readonly string[];
  changed(chosen: string[]): void;
}

/** Any number of values, in a list that opens below a button, with a filter for long ones. */
export function ManyChoice({ label, chosen, options, changed }: ManyChoiceProps) {
  const [open, setOpen] = useState(false);
  const [filter, setFilter] = useState("");
  const box = useRef<HTMLDivElement>(null);
  useOutside(box, open, () => setOpen(false));
  const all = [...new Set([...chosen, ...options])].sort();
  const shown = all.filter((option) => option.toLowerCase().includes(filter.toLowerCase())).slice(0, 200);
  const toggle = (option: string): void =>
    changed(chosen.includes(option) ? chosen.filter((other) => other !== option) : [...chosen, option]);
  const text = chosen.length === 0 ? "all" : chosen.length === 1 ? chosen[0] : `${chosen.length} chosen`;
  return (
    <div class="many" ref={box}>
      <button type="button" class="field button-field" aria-expanded={open} onClick={() => setOpen(!open)}>
        <span class="choice-label">{label}</span>
        <span class="many-text">{text}</span>
        <Icon name="down" />
      </button>
      {open && (
        <fieldset class="popover" aria-label={label}>
          {all.length > 8 && (
            <input
              type="search"
              class="field"
              aria-label={`Find ${label.toLowerCase()}`}
              placeholder="Find …"
              value={filter}
              onInput={(event) => setFilter(event.currentTarget.value)}
            />
          )}
          <div class="many-list">
            {shown.map((option) => (
              <label key={option} class="many-option">
                <input type="checkbox" checked={chosen.includes(option)} onChange={() => toggle(option)} />
                <span>{option}</span>
              </label>
            ))}
            {shown.length === 0 && <p class="muted">Nothing matches.</p>}
          </div>
          <button type="button" class="quiet" disabled={chosen.length === 0} onClick={() => changed([])}>
            Show all
          </button>
        </fieldset>
      )}
    </div>
  );
}
