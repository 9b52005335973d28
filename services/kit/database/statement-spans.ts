import { currentTrace } from "../core/trace-context.ts";
import { DB_COLLECTION_NAME, DB_OPERATION_NAME, DB_SYSTEM_NAME } from "../telemetry/attributes.ts";
import type { SpanDetails } from "../telemetry/span.ts";
import { type Tracing, withSpan } from "../telemetry/tracing.ts";
import type { Transaction } from "./transaction.ts";

interface Statement {
  /** Such as `INSERT outbox`. */
  summary: string;
  details: SpanDetails;
}

type Work<T> = (transaction: Transaction) => Promise<T>;

/** Statements are written in the code, so there are few texts. */
const MAX_STATEMENTS = 1000;
const statements = new Map<string, Statement>();

/**
 * Returns a function that wraps the work of a transaction: each of its statements becomes a span,
 * if the trace is recorded.
 */
export function traceStatements(tracing: Tracing): <T>(work: Work<T>) => Work<T> {
  return (work) => (transaction) => {
    if (currentTrace()?.sampled !== true) return work(transaction);
    const query: Transaction["query"] = (statement) => {
      const { summary, details } = describeStatement(statement.text);
      const answer = withSpan(tracing, summary, "client", () => transaction.query<never>(statement), details);
      // As in the transaction itself: its end reports the failure of an answer that nothing awaits.
      answer.catch(() => undefined);
      return answer;
    };
    return work({ query });
  };
}

/** What a span says of a statement: operation and table, never a value. */
export function statementDetails({ text }: { text: string }): SpanDetails {
  return describeStatement(text).details;
}

function describeStatement(text: string): Statement {
  const known = statements.get(text);
  if (known) return known;
  const operation = (/\b(select|insert|update|delete|merge|set|call|lock)\b/i.exec(text)?.[1] ?? "query").toUpperCase();
  const table = /\b(?:from|into|update|merge into|lock table)\s+(?:only\s+)?([a-z_][\w.]*)/i.exec(text)?.[1];
  const statement = {
    summary: table === undefined ? operation : `${operation} ${table}`,
    details: {
      attributes: {
        [DB_SYSTEM_NAME]: "postgresql",
        [DB_OPERATION_NAME]: operation,
        ...(table === undefined ? {} : { [DB_COLLECTION_NAME]: table }),
      },
    },
  };
  if (statements.size < MAX_STATEMENTS) statements.set(text, statement);
  return statement;
}
