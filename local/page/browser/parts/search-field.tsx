import { useEffect, useRef, useState } from "preact/hooks";

interface SearchFieldProps {
  label: string;
  value: string;
  placeholder?: string;
  /** Whether `/` goes here. */
  main?: boolean;
  /** Class for a width. */
  class?: string;
  inputMode?: "numeric" | "text";
  changed(value: string): void;
}

const DELAY_MS = 250;

/** A text field that reports when typing stops for a moment. */
export function SearchField({ label, value, placeholder, main, changed, inputMode, ...rest }: SearchFieldProps) {
  const [text, setText] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => setText(value), [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const typed = (next: string): void => {
    setText(next);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => changed(next.trim()), DELAY_MS);
  };
  return (
    <input
      type="search"
      class={`field ${rest.class ?? ""}`}
      aria-label={label}
      placeholder={placeholder ?? label}
      title={main ? `${label} (press /)` : label}
      value={text}
      inputMode={inputMode}
      spellcheck={false}
      autocomplete="off"
      {...(main ? { "data-search": "" } : {})}
      onInput={(event) => typed(event.currentTarget.value)}
    />
  );
}
