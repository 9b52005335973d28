import * as pulumi from "@pulumi/pulumi";

/** One clear sentence about one bad input; the engine prints it as a line of the plan. */
export type CheckFailure = pulumi.dynamic.CheckFailure;

/**
 * The life of one kind of resource, as the engine calls it. All values are resolved and plain.
 * Everything is idempotent: a create that is retried after a lost answer finds what it made.
 */
export interface Handler<Inputs, Outputs extends Inputs> {
  /**
   * Validates and normalizes. A mistake of the user is returned here, never thrown from another
   * method.
   */
  check(olds: Partial<Inputs>, news: Inputs): Promise<{ inputs: Inputs; failures: CheckFailure[] }>;
  /** Whether `up` has work to do; may look at the real thing, so that drift is part of the plan. */
  diff(
    id: string,
    olds: Outputs,
    news: Inputs,
  ): Promise<{ changes: boolean; replaces?: string[]; deleteBeforeReplace?: boolean }>;
  create(inputs: Inputs): Promise<{ id: string; outs: Outputs }>;
  /** What `refresh` finds. A resource that is gone answers with an empty id. */
  read(id: string, props: Outputs): Promise<{ id: string; props: Outputs; inputs?: Inputs }>;
  update(id: string, olds: Outputs, news: Inputs): Promise<{ outs: Outputs }>;
  delete(id: string, props: Outputs): Promise<void>;
}

/**
 * A resource whose provider stays in its module: the state holds one line that finds it, as the
 * provider host of Pulumi's Node SDK expects it in `__provider`. So a change of a handler is no
 * change of a resource, the state names no path, and the program neither loads a database or broker
 * client nor, as `pulumi.dynamic.Resource` would, TypeScript's compiler and the inspector to
 * serialize functions.
 */
export abstract class DynamicResource extends pulumi.CustomResource {
  /**
   * @param kind file of the handler in `handlers/` @param type last part of the type that plans
   * show
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
