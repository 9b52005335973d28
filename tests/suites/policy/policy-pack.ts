import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { type Client, credentials } from "@grpc/grpc-js";
import { root } from "@plinth/local/locations.ts";
import type { DeclaredResource } from "@plinth/policy/policy.ts";
import rpc from "@pulumi/pulumi/proto/analyzer_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/analyzer_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";

const require = createRequire(import.meta.url);

/** One violation, as the pack reports it to the engine. */
export interface Diagnostic {
  policy: string;
  urn: string;
  message: string;
  /** 1 stops the deployment. */
  level: number;
}

/** The policy pack in its process, started and called as Pulumi's Node host and engine do. */
export class PolicyPackClient {
  private readonly host: ChildProcess;
  private readonly client: InstanceType<typeof rpc.AnalyzerClient>;

  private constructor(host: ChildProcess, port: number) {
    this.host = host;
    this.client = new rpc.AnalyzerClient(`127.0.0.1:${port}`, credentials.createInsecure());
  }

  /** @param stack name of the stack, which the host passes on */
  static async start(stack: string): Promise<PolicyPackClient> {
    const runner = require.resolve("@pulumi/pulumi/cmd/run-policy-pack");
    const folder = `${root}/policy`;
    const env = { ...process.env, PULUMI_NODEJS_PROJECT: "plinth", PULUMI_NODEJS_STACK: stack };
    const host = spawn(process.execPath, [runner, "127.0.0.1:1", folder], {
      cwd: folder,
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stderr = "";
    host.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    const lines = createInterface(host.stdout);
    const [first] = await Promise.race([once(lines, "line"), once(host, "exit")]);
    if (!/^\d+$/.test(String(first)) || host.exitCode !== null)
      throw new Error(`the policy pack did not start: ${first} ${stderr}`);
    return new PolicyPackClient(host, Number(first));
  }

  async policies(): Promise<{ name: string; level: number }[]> {
    const answer = await this.call<messages.AnalyzerInfo>((done) =>
      this.client.getAnalyzerInfo(new empty.Empty(), done),
    );
    return answer.getPoliciesList().map((policy) => ({ name: policy.getName(), level: policy.getEnforcementlevel() }));
  }

  async analyze(resource: DeclaredResource): Promise<Diagnostic[]> {
    const request = describe(new messages.AnalyzeRequest(), resource);
    return diagnostics(await this.call<messages.AnalyzeResponse>((done) => this.client.analyze(request, done)));
  }

  async analyzeStack(resources: DeclaredResource[]): Promise<Diagnostic[]> {
    const request = new messages.AnalyzeStackRequest();
    request.setResourcesList(resources.map((resource) => describe(new messages.AnalyzerResource(), resource)));
    return diagnostics(await this.call<messages.AnalyzeResponse>((done) => this.client.analyzeStack(request, done)));
  }

  async stop(): Promise<void> {
    (this.client as Client).close();
    const exited = once(this.host, "exit");
    this.host.kill("SIGKILL");
    await exited;
  }

  private call<Answer>(method: (done: (error: Error | null, answer: Answer) => void) => unknown): Promise<Answer> {
    return new Promise((resolve, reject) => method((error, answer) => (error ? reject(error) : resolve(answer))));
  }
}

function describe<Message extends messages.AnalyzeRequest | messages.AnalyzerResource>(
  message: Message,
  { type, name, props, protect }: DeclaredResource,
): Message {
  const options = new messages.AnalyzerResourceOptions();
  options.setProtect(protect ?? false);
  options.setCustomtimeouts(new messages.AnalyzerResourceOptions.CustomTimeouts());
  message.setType(type);
  message.setName(name);
  message.setUrn(`urn:pulumi:prod::plinth::${type}::${name}`);
  // JSON drops undefined, which the engine's encoding cannot hold.
  message.setProperties(struct.Struct.fromJavaScript(JSON.parse(JSON.stringify(props))));
  message.setOptions(options);
  return message;
}

function diagnostics(answer: messages.AnalyzeResponse): Diagnostic[] {
  return answer.getDiagnosticsList().map((diagnostic) => ({
    policy: diagnostic.getPolicyname(),
    urn: diagnostic.getUrn(),
    message: diagnostic.getMessage(),
    level: diagnostic.getEnforcementlevel(),
  }));
}
