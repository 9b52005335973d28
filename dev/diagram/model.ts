/** A process, or pods of one template. */
export interface Workload {
  name: string;
  /** `Process`, or the Kubernetes kind. */
  kind: string;
  /** How many, as in "1" or, with an autoscaler, "3–12". */
  count: string;
  /** The top-level component that it belongs to. */
  component: string;
  /** Names of the workloads that it declares as dependencies. */
  uses: string[];
  /** Shared by the workloads of one distributed system. */
  group?: string;
}

/** A component without a parent. */
export interface Component {
  name: string;
  /** Its class, as in "CitusCluster". */
  type: string;
  workloads: Workload[];
  /** Number of its resources by kind, without nested components. */
  resourceCounts: Map<string, number>;
}

/** `uses`: connects to. `group`: forms one system with. `after`: is created after. */
export interface Edge {
  from: string;
  to: string;
  kind: "uses" | "group" | "after";
}

export interface StackModel {
  /** Where the stack runs, for people. */
  location: string;
  /** Sorted by name. */
  components: Component[];
  edges: Edge[];
}
