import * as pulumi from "@pulumi/pulumi";

/** One clear sentence about one bad input; the engine prints it as a line of the plan. */
export type CheckFailure = pulumi.dynamic.CheckFailure;

/**
 * The operations on one kind of resource, as the engine calls them. All values are resolved and
 * plain. All operations are idempotent: a create that is retried after a lost answer finds what the
 * first try created.
 */
export interface Handler<Inputs, Outputs extends Inputs> {
  /**
   * Validates and normalizes. A mistake of the user is returned here, never thrown from another
   * method.
   */
  check(olds: Partial<Inputs>, news: Inputs): Promise<{ inputs: Inputs; failures: CheckFailure[] }>;
  /** Decides if `up` has work to do. May look at the server, so that a plan shows drift. */
  diff(
    id: string,
    olds: Outputs,
    news: Inputs,
  ): Promise<{ changes: boolean; replaces?: string[]; deleteBeforeReplace?: boolean }>;
  create(inputs: Inputs): Promise<{ id: string; outs: Outputs }>;
  /** Reads the real state for `refresh`. Returns an empty id if the resource is gone. */
  read(id: string, props: Outputs): Promise<{ id: string; props: Outputs; inputs?: Inputs }>;
  update(id: string, olds: Outputs, news: Inputs): Promise<{ outs: Outputs }>;
  delete(id: string, props: Outputs): Promise<void>;
}

/**
 * A resource whose provider stays in its module. The state holds one line in `__provider` by which
 * the provider host of Pulumi's Node SDK finds the handler. So changing a handler changes no
 * resource, and the state holds no path of this machine. The program loads no database or broker
 * client, nor TypeScript's compiler and the inspector, by which `pulumi.dynamic.Resource`
 * serializes functions.
 */
export abstract class DynamicResource extends pulumi.CustomResource {
  /**
   * @param kind file of the handler in `handlers/`; states name it, so it may not be renamed
   * @param type last part of the type that plans show
   */
  protected constructor(
    kind: string,
    type: string,
    name: string,
    props: pulumi.Inputs,
    opts?: pulumi.CustomResourceOptions,
  ) {
    const code = `exports.handler = () => require("@plinth/providers/handlers/${kind}.ts").handler;`;
    super(`pulumi-nodejs:dynamic/plinth:${type}`, name, { ...props, __provider: code }, opts);
  }
}
