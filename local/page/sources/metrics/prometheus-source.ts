import { requestText } from "../../../collector/http/request.ts";
import { PageError } from "../../model/page-error.ts";
import type { Exemplar, Series } from "../../model/platform.ts";
import type { MetricSource } from "../../model/sources.ts";

const TIMEOUT_MS = 10_000;
/** More than a chart can show, and a bound on the page's memory. */
const MAX_SERIES = 500;

interface PrometheusAnswer<T> {
  status: "success" | "error";
  error?: string;
  data?: T;
}

interface Matrix {
  result: { metric: Record<string, string>; values: [number, string][] }[];
}

interface FoundExemplars {
  seriesLabels: Record<string, string>;
  exemplars: { labels: Record<string, string>; value: string; timestamp: number }[];
}

/** A server with Prometheus' API: VictoriaMetrics locally, Prometheus in a cluster. */
export class PrometheusSource implements MetricSource {
  private readonly url: string;
  private readonly timeoutMs: number;

  constructor(url: string, timeoutMs = TIMEOUT_MS) {
    this.url = url.replace(/\/$/, "");
    this.timeoutMs = timeoutMs;
  }

  async range(expr: string, from: number, to: number, step: number): Promise<Series[]> {
    const range = { start: String(from), end: String(to), step: String(step) };
    const { result } = await this.get<Matrix>("query_range", { query: expr, ...range, timeout: `${this.timeoutMs}ms` });
    return result.slice(0, MAX_SERIES).map(({ metric: { __name__: name = "", ...labels }, values }) => ({
      name,
      labels,
      times: values.map(([time]) => time),
      values: values.map(([, value]) => (Number.isFinite(Number(value)) ? Number(value) : null)),
    }));
  }

  async exemplars(expr: string, from: number, to: number): Promise<Exemplar[]> {
    const found = await this.get<FoundExemplars[]>("query_exemplars", {
      query: expr,
      start: String(from),
      end: String(to),
    });
    return found.flatMap(({ seriesLabels, exemplars }) =>
      exemplars.flatMap(({ labels: { trace_id: traceId }, value, timestamp }) =>
        traceId ? [{ time: timestamp, value: Number(value), traceId, labels: seriesLabels }] : [],
      ),
    );
  }

  async labelValues(label: string, metric: string): Promise<string[]> {
    if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(label)) throw new PageError(400, `'${label}' is not the name of a label`);
    if (!/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(metric)) throw new PageError(400, `'${metric}' is not the name of a metric`);
    return this.get<string[]>(`label/${label}/values`, { "match[]": metric });
  }

  /** @throws {@link PageError} 400 for a refused expression, 503 while the server is away */
  async get<T>(path: string, parameters: Record<string, string>): Promise<T> {
    const address = `${this.url}/api/v1/${path}?${new URLSearchParams(parameters)}`;
    const { status, body } = await requestText(address, { timeoutMs: this.timeoutMs }).catch((error: Error) => {
      throw new PageError(503, `The metric store on ${this.url} does not answer: ${error.message}`);
    });
    const answer = parseAnswer<T>(body);
    if (answer?.status === "success" && answer.data !== undefined) return answer.data;
    const reason = (answer?.error ?? (body.trim() || `status ${status}`)).slice(0, 300);
    throw new PageError(status === 400 || status === 422 ? 400 : 503, `The metric store refused the query: ${reason}`);
  }
}

function parseAnswer<T>(body: string): PrometheusAnswer<T> | undefined {
  try {
    return JSON.parse(body) as PrometheusAnswer<T>;
  } catch {
    return undefined;
  }
}
