import { control, logPath, status } from "../../../supervisor/client.ts";
import type { ProcessStatus } from "../../../supervisor/protocol.ts";
import type { ProcessSpec } from "../../../supervisor/spec.ts";
import { readProcessRecords, shouldRun } from "../../../supervisor/state.ts";
import { PageError } from "../../model/page-error.ts";
import type { Resource } from "../../model/resource.ts";
import type { ResourceSource } from "../../model/sources.ts";
import type { SecretMask } from "../secrets.ts";
import { followFile, readEnd } from "./console-file.ts";
import { CpuShares } from "./cpu-shares.ts";
import { endpointsOf } from "./endpoints.ts";

/** What is known of a process besides its specification. */
export interface KnownProcess {
  name: string;
  kind: Resource["kind"];
  /** Names of processes that it connects to. */
  uses: string[];
}

/** Stopping this one would end the page. */
const OWN_PROCESS = "observability";

/** The processes of a stack's supervisor. */
export class SupervisorResources implements ResourceSource {
  private readonly directory: string;
  private readonly known: ReadonlyMap<string, KnownProcess>;
  private readonly mask: SecretMask;
  private readonly shares = new CpuShares();

  constructor(directory: string, processes: readonly KnownProcess[], mask: SecretMask) {
    this.directory = directory;
    this.known = new Map(processes.map((process) => [process.name, process]));
    this.mask = mask;
  }

  async list(): Promise<Resource[]> {
    const statuses = await status(this.directory);
    const specs = new Map(readProcessRecords(this.directory).map(({ name, spec }) => [name, spec]));
    // A supervisor that was killed leaves its processes running: an empty list would hide them.
    if (statuses.length === 0 && specs.size > 0)
      throw new PageError(503, "The stack's supervisor does not run, and restarts nothing: type 'make up'");
    return statuses.map((each) => this.toResource(each, specs.get(each.name)));
  }

  act(name: string, action: "start" | "stop" | "restart"): Promise<void> {
    if (name === OWN_PROCESS && action === "stop")
      throw new PageError(409, "This process serves the page: stop it with 'make obs-down'");
    return control(this.directory, name, action);
  }

  async console(name: string, bytes: number): Promise<string> {
    return readEnd(this.consoleOf(name), bytes, (text) => this.mask.text(text));
  }

  followConsole(name: string, bytes: number, signal: AbortSignal): AsyncGenerator<string> {
    return followFile(this.consoleOf(name), bytes, (text) => this.mask.text(text), signal);
  }

  private toResource(process: ProcessStatus, spec: ProcessSpec | undefined): Resource {
    const { name, state, since, pid, restarts, lastExit } = process;
    const { kind = "other", uses = [] } = this.known.get(name) ?? {};
    const runs = shouldRun(state);
    const own = name === OWN_PROCESS;
    return {
      name,
      kind,
      state,
      since,
      ...(pid !== undefined && { pid }),
      restarts,
      ...(lastExit && { lastExit: lastExit.signal ?? `exit code ${lastExit.code ?? "unknown"}` }),
      endpoints: spec ? endpointsOf(spec, kind) : [],
      ...(pid !== undefined && this.shares.measure(pid)),
      environment: spec ? this.mask.environment(spec.environment, spec.secrets) : {},
      uses,
      actions: runs ? (own ? ["restart"] : ["stop", "restart"]) : ["start"],
    };
  }

  private consoleOf(name: string): string {
    // The name becomes part of a path.
    if (!readProcessRecords(this.directory).some((record) => record.name === name))
      throw new PageError(404, `There is no process '${name}'`);
    return logPath(this.directory, name);
  }
}
