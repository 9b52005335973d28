import type { ComponentChildren } from "preact";

/** Names and values in two columns. */
export function Fields({ entries }: { entries: readonly (readonly [string, ComponentChildren])[] }) {
  return (
    <dl class="fields">
      {entries.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
