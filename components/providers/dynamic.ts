import type * as pulumi from "@pulumi/pulumi";

/** One clear sentence about one bad input; the engine prints it as a line of the plan. */
export type Failure = pulumi.dynamic.CheckFailure;

/**
 * The life of one kind of resource, as the engine calls it. All values are resolved and plain.
 * Everything is idempotent: a create that is retried after a lost answer finds what it made.
 */
export interface Handler<Inputs, Outputs extends Inputs> {
  /** Validates and normalizes. A mistake of the user is returned here, never thrown from another method. */
  check(olds: Partial<Inputs>, news: Inputs): Promise<{ inputs: Inputs; failures: Failure[] }>;
  /** Whether `up` has work to do; may look at the real thing, so that drift is part of the plan. */
  diff(id: string, olds: Outputs, news: Inputs): Promise<{ changes: boolean; replaces?: string[]; deleteBeforeReplace?: boolean }>;
  create(inputs: Inputs): Promise<{ id: string; outs: Outputs }>;
  /** What `refresh` finds. A resource that is gone answers with an empty id. */
  read(id: string, props: Outputs): Promise<{ id: string; props: Outputs; inputs?: Inputs }>;
  update(id: string, olds: Outputs, news: Inputs): Promise<{ outs: Outputs }>;
  delete(id: string, props: Outputs): Promise<void>;
}

/**
 * A provider whose code stays in its module: what the SDK serializes into the state is this forwarding alone, with the kind's name.
 * So a change of a handler is no change of a resource, the state names no path, and the program never loads a database or broker client.
 */
export function dynamicProvider(kind: string): pulumi.dynamic.ResourceProvider {
  const handler = () => require(`@plinth/components/providers/handlers/${kind}.ts`).handler;
  return {
    check: (olds, news) => handler().check(olds, news),
    diff: (id, olds, news) => handler().diff(id, olds, news),
    create: (inputs) => handler().create(inputs),
    read: (id, props) => handler().read(id, props),
    update: (id, olds, news) => handler().update(id, olds, news),
    delete: (id, props) => handler().delete(id, props),
  };
}
