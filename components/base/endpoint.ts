import type * as pulumi from "@pulumi/pulumi";

/** A server that services connect to. */
export interface Endpoint {
  /** Resolves when the server accepts connections. */
  url: pulumi.Output<string>;
  /** Whether the URL holds a password, which makes it a secret. */
  secret: boolean;
  /** The pods behind the URL, for network policies. Absent when they are not in the cluster. */
  server?: Server;
  /** TCP ports outside of the cluster that a client must reach instead. */
  externalPorts?: number[];
}

/** A workload that others connect to, at these TCP ports of its pods. */
export interface Server {
  workload: string;
  ports: number[];
  /** Of its pods. @default the clients' own */
  namespace?: pulumi.Input<string>;
}
