interface ChoiceProps<T extends string> {
  label: string;
  value: T;
  options: readonly { value: T; text: string }[];
  changed(value: T): void;
}

/** One of a few values. */
export function Choice<T extends string>({ label, value, options, changed }: ChoiceProps<T>) {
  const known = options.some((option) => option.value === value);
  return (
    <label class="choice">
      <span class="choice-label">{label}</span>
      <select value={value} onChange={(event) => changed(event.currentTarget.value as T)}>
        {!known && <option value={value}>{value}</option>}
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.text}
          </option>
        ))}
      </select>
    </label>
  );
}
