import type { Trace } from "../../model/api.ts";
import type { LogLine } from "../../model/log-line.ts";
import type { Attributes, AttributeValue } from "../../model/span.ts";
import { href } from "../app/location.ts";
import { importedData } from "../app/platform.ts";
import { LevelBadge } from "../logs/level-badge.tsx";
import { identityOf } from "../logs/log-buffer.ts";
import { Badge } from "../parts/badge.tsx";
import { CopyButton } from "../parts/copy-button.tsx";
import { Detail } from "../parts/detail.tsx";
import { Fields } from "../parts/fields.tsx";
import { formatCount, formatDuration, formatTime, msOf } from "../parts/format.ts";
import { Empty } from "../parts/notice.tsx";
import { labelOf } from "./span-system.ts";
import type { SpanNode } from "./span-tree.ts";

const MAX_LINES = 200;

export function SpanDetail({ node, trace, close }: { node: SpanNode; trace: Trace; close(): void }) {
  const { span } = node;
  if (span === undefined)
    return (
      <Detail title="A span that is missing" close={close}>
        <Empty title={`The store has no span ${node.id}.`}>
          {formatCount(node.children.length, "span")} name it as their parent. It has not ended yet, its process died,
          or it was not sampled.
        </Empty>
      </Detail>
    );
  const lines = trace.lines.filter(({ spanId }) => spanId === span.spanId);
  return (
    <Detail title={span.name} close={close} actions={<CopyButton text={JSON.stringify(span, null, 2)} label="Span" />}>
      <p class="detail-lead">
        <span class="row">
          <Badge tone="info" text={labelOf(span)} />
          {span.status === "error" && <Badge tone="bad" icon="error" text={span.statusMessage || "error"} />}
        </span>
      </p>
      <Fields
        entries={[
          ["service", <a href={href(["logs"], { service: span.service })}>{span.service}</a>],
          ["duration", formatDuration(span.durationNs)],
          ["starts after", formatDuration(node.offset)],
          ...(node.shift > 0
            ? [["clock", `${formatDuration(node.shift)} behind its parent's; the start is shown later`] as const]
            : []),
          ["started", formatTime(msOf(span.startNs))],
          ...(span.tenant === undefined ? [] : [["tenant", String(span.tenant)] as const]),
          ["version", span.version],
          ["span id", span.spanId],
        ]}
      />
      <SpanLines lines={lines} others={trace.lines.length - lines.length} traceId={span.traceId} />
      <AttributeList title="Attributes" attributes={span.attributes} />
      {span.events.length > 0 && <h3>Events</h3>}
      {span.events.map((event, index) => (
        <div key={`${event.timeNs} ${index}`} class="event">
          <p>
            <time>+{formatDuration(Number(BigInt(event.timeNs) - BigInt(span.startNs)))}</time>{" "}
            <strong>{event.name}</strong>
          </p>
          <Fields entries={Object.entries(event.attributes).map(([name, value]) => [name, textOf(value)])} />
        </div>
      ))}
      {span.links.length > 0 && <h3>Links</h3>}
      {span.links.map((link) => (
        <p key={link.traceId + link.spanId}>
          <a href={href(["traces", link.traceId], { span: link.spanId, data: importedData() })}>
            {link.traceId === span.traceId ? nameOf(trace, link.spanId) : `Trace ${link.traceId}`}
          </a>
        </p>
      ))}
    </Detail>
  );
}

function SpanLines({ lines, others, traceId }: { lines: readonly LogLine[]; others: number; traceId: string }) {
  const data = importedData();
  return (
    <>
      <h3>Lines of this span</h3>
      {lines.length === 0 && <p class="muted">None.</p>}
      <ul class="span-lines">
        {lines.slice(0, MAX_LINES).map((line) => (
          <li key={identityOf(line)}>
            <time>{formatTime(msOf(line.timeNs))}</time> <LevelBadge level={line.level} />{" "}
            <span class="message">{line.message}</span>
          </li>
        ))}
      </ul>
      {others > 0 && (
        <p>
          <a href={href(["logs"], { trace: traceId, range: "7d", data })}>
            {formatCount(others, "other line")} of the trace
          </a>
        </p>
      )}
    </>
  );
}

function AttributeList({ title, attributes }: { title: string; attributes: Attributes }) {
  const entries = Object.entries(attributes).sort(([a], [b]) => a.localeCompare(b));
  if (entries.length === 0) return null;
  return (
    <>
      <h3>{title}</h3>
      <Fields
        entries={entries.map(([name, value]) => {
          const text = textOf(value);
          return [name, text.length > 80 ? <pre class="code">{text}</pre> : text];
        })}
      />
    </>
  );
}

function textOf(value: AttributeValue): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function nameOf(trace: Trace, spanId: string): string {
  return trace.spans.find((span) => span.spanId === spanId)?.name ?? spanId;
}
