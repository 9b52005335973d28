import { api } from "../app/api.ts";
import { useAnswer } from "../app/use-answer.ts";
import { Detail } from "../parts/detail.tsx";
import { Failed, Loading } from "../parts/notice.tsx";
import { type ListBlock, type RunbookBlock, readParts, readRunbook } from "./runbook-text.ts";

/** What to do about an alert, beside the list. */
export function Runbook({ name, close }: { name: string; close(): void }) {
  const { data, error } = useAnswer(`runbook ${name}`, (signal) => api.runbook(name, signal));
  const [title, ...blocks] = readRunbook(data?.text ?? "");
  return (
    <Detail title={title?.kind === "heading" ? title.text : name} close={close}>
      {error !== undefined && <Failed error={error} />}
      {data === undefined && error === undefined && <Loading what="the runbook" />}
      {blocks.map((block, index) => (
        <Block key={`${index} ${block.kind}`} block={block} />
      ))}
      <p class="muted">
        <code>docs/runbooks/{name}.md</code>
      </p>
    </Detail>
  );
}

function Block({ block }: { block: RunbookBlock }) {
  if ("items" in block) return <List block={block} />;
  if (block.kind === "heading") return <h3>{block.text}</h3>;
  if (block.kind === "code") return <pre class="code">{block.text}</pre>;
  return (
    <p>
      <Parts text={block.text} />
    </p>
  );
}

function List({ block: { kind, items } }: { block: ListBlock }) {
  const Element = kind === "steps" ? "ol" : "ul";
  return (
    <Element class="steps">
      {items.map((item) => (
        <li key={item}>
          <Parts text={item} />
        </li>
      ))}
    </Element>
  );
}

function Parts({ text }: { text: string }) {
  return (
    <>
      {readParts(text).map((part, index) =>
        part.kind === "code" ? <code key={`${index} ${part.text}`}>{part.text}</code> : part.text,
      )}
    </>
  );
}
