import type { LogLine } from "../../model/log-line.ts";
import { href } from "../app/location.ts";
import { importedData } from "../app/platform.ts";
import { colourOf } from "../parts/colour.ts";
import { formatTime, msOf } from "../parts/format.ts";
import { Icon } from "../parts/icon.tsx";
import { LevelBadge } from "./level-badge.tsx";

/** Longer messages are cut in the list; the whole is in the line's fields. */
const MAX_SHOWN = 1_000;

/** A line of the list. Everything that comes from a process is text, never markup. */
export function LogRow({ line, open }: { line: LogLine; open(): void }) {
  const { traceId } = line;
  return (
    <div class={`log-row ${line.level}`} role="gridcell" onClick={open}>
      <time>{formatTime(msOf(line.timeNs))}</time>
      <LevelBadge level={line.level} />
      <span class="service" style={{ "--hue": colourOf(line.service) }} title={line.service}>
        {line.service}
      </span>
      <span class="message">{line.message.slice(0, MAX_SHOWN)}</span>
      {line.tenant !== undefined && <span class="tenant">{line.tenant}</span>}
      {traceId !== undefined && (
        <a
          class="trace-link"
          href={href(["traces", traceId], { span: line.spanId, data: importedData() })}
          title="Open its trace"
          aria-label="Open its trace"
        >
          <Icon name="traces" />
        </a>
      )}
    </div>
  );
}
