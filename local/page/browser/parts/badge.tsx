import { Icon, type IconName } from "./icon.tsx";

/** What a colour of state means; each has a shape and a word as well. */
export type Tone = "good" | "info" | "warn" | "bad" | "muted";

export function Badge({ tone, icon, text, title }: { tone: Tone; icon?: IconName; text: string; title?: string }) {
  return (
    <span class={`badge ${tone}`} title={title}>
      {icon !== undefined && <Icon name={icon} />}
      {text}
    </span>
  );
}
