import type { types } from "@pulumi/kubernetes";
import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource.js";
import { Deployment } from "@pulumi/kubernetes/apps/v1/deployment.js";
import { HorizontalPodAutoscaler } from "@pulumi/kubernetes/autoscaling/v2/horizontalPodAutoscaler.js";
import { Secret } from "@pulumi/kubernetes/core/v1/secret.js";
import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import { ServiceAccount } from "@pulumi/kubernetes/core/v1/serviceAccount.js";
import { NetworkPolicy } from "@pulumi/kubernetes/networking/v1/networkPolicy.js";
import { PodDisruptionBudget } from "@pulumi/kubernetes/policy/v1/podDisruptionBudget.js";
import * as pulumi from "@pulumi/pulumi";
import { type KubernetesRuntime, PlatformComponent, type Transform, transform } from "./component.ts";
import type { LocatedService } from "./descriptor.ts";
import { type Endpoint, type PlatformEndpoints, platformEnvironment, type Variables } from "./endpoints.ts";
import { autoscaler, scaledObject } from "./kubernetes/autoscaling.ts";
import { rateLimit, serviceRoute } from "./kubernetes/gateway.ts";
import { labels, unawaited } from "./kubernetes/metadata.ts";
import { serviceDeployment, serviceService, versionOf } from "./kubernetes/microservice.ts";
import { clientPolicy, type Server, serverPolicy } from "./kubernetes/network.ts";
import { disruptionBudget } from "./kubernetes/placement.ts";
import { fingerprint } from "./passwords.ts";
import type { PlatformGateway } from "./platform-gateway.ts";
import type { Sizes } from "./sizes.ts";
import { portsIn, together } from "./variables.ts";

export interface ServiceDeploymentArgs {
  runtime: KubernetesRuntime;
  descriptor: LocatedService;
  platform: PlatformEndpoints;
  /** What it is given beside the platform's contract. */
  environment: Partial<Variables> | undefined;
  image: pulumi.Input<string>;
  sizes: Sizes["service"];
  /** Whether KEDA is in the cluster, so that lag can decide on replicas. */
  keda: boolean;
  gateway: PlatformGateway | undefined;
  transform: Transform<types.input.apps.v1.DeploymentSpec> | undefined;
}

/** A service's replicas, how many there are, what they may connect to and who to them. */
export class ServiceDeployment extends PlatformComponent {
  /** `http://host:port` inside of the cluster; resolves when its replicas are ready. */
  readonly url: pulumi.Output<string>;

  constructor(name: string, args: ServiceDeploymentArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ServiceDeployment", name, args.runtime, opts);
    const { descriptor, runtime } = args;
    const metadata = { name: descriptor.name, namespace: runtime.namespace, labels: labels(descriptor.name) };
    const child = { parent: this };
    const waits = { parent: this, dependsOn: opts?.dependsOn ?? [] };

    const account = new ServiceAccount(this.child("account"), { metadata, automountServiceAccountToken: false }, child);
    new Service(this.child("service"), { metadata: { ...metadata, annotations: unawaited }, spec: serviceService(descriptor) }, child);
    this.allow(args, metadata);
    const spec = this.podsOf(args, metadata);
    const pods = new Deployment(this.child("pods"), { metadata, spec }, pulumi.mergeOptions(waits, { dependsOn: [account] }));
    this.scale(args, metadata);
    this.publish(args, metadata);
    this.url = pulumi.interpolate`http://${descriptor.name}.${pods.metadata.namespace}.svc.cluster.local:${descriptor.port}`;
    this.registerOutputs({ url: this.url });
  }

  private podsOf(args: ServiceDeploymentArgs, metadata: Metadata) {
    const { descriptor, platform, runtime, image, sizes, transform: hook } = args;
    const { plain, secret } = together(platformEnvironment(platform, runtime.namespace, descriptor.needs), args.environment);
    const name = `${descriptor.name}-environment`;
    new Secret(this.child("environment"), { metadata: { ...metadata, name }, stringData: pulumi.secret(secret) }, { parent: this });
    const hash = fingerprint(pulumi.jsonStringify(secret));
    const environment = { ...plain, VERSION: pulumi.output(image).apply(versionOf) };
    const servers = dependencies(descriptor, platform).flatMap(({ server }) => server ?? []);
    // Outputs stand in single fields: what is known is in the first preview already.
    const spec = serviceDeployment(descriptor, sizes, { image, environment, secret: { name, hash }, servers });
    return transform<types.input.apps.v1.DeploymentSpec>(hook, spec);
  }

  private allow({ descriptor, platform, environment, gateway }: ServiceDeploymentArgs, metadata: Metadata) {
    const needed = dependencies(descriptor, platform);
    const own: Server = { workload: descriptor.name, ports: [descriptor.port] };
    const outside = [...new Set(needed.flatMap((endpoint) => endpoint.outside ?? []))];
    const servers = needed.flatMap(({ server }) => server ?? []);
    const fromGateway = gateway && descriptor.public ? [gateway.settings.proxies] : [];
    // A port is no secret, though the address with it may be one.
    const named = pulumi.unsecret(pulumi.output({ ...environment?.plain, ...environment?.secret }).apply(portsIn));
    const egress = named.apply((ports) => clientPolicy(descriptor.name, servers, [...new Set([...outside, ...ports])]));
    const policies = { egress, ingress: serverPolicy(own, fromGateway) };
    for (const [way, spec] of Object.entries(policies))
      new NetworkPolicy(this.child(way), { metadata: { ...metadata, name: `${descriptor.name}-${way}` }, spec }, { parent: this });
  }

  private scale({ descriptor, platform, sizes, keda }: ServiceDeploymentArgs, metadata: Metadata) {
    const budget = disruptionBudget(descriptor.name, sizes.replicas.min);
    if (budget) new PodDisruptionBudget(this.child("budget"), { metadata, spec: budget }, { parent: this });
    const autoscaling = autoscaler(descriptor.name, sizes.replicas);
    if (autoscaling === undefined) return;
    if (!keda) {
      new HorizontalPodAutoscaler(this.child("autoscaler"), { metadata, spec: autoscaling }, { parent: this });
      return;
    }
    const spec = platform.broker.url.apply((brokers) => scaledObject(descriptor, sizes.replicas, brokers));
    const kind = { apiVersion: "keda.sh/v1alpha1", kind: "ScaledObject" };
    new CustomResource(this.child("autoscaler"), { ...kind, metadata, spec }, { parent: this });
  }

  private publish({ descriptor, gateway }: ServiceDeploymentArgs, metadata: Metadata) {
    if (!descriptor.public || gateway === undefined) return;
    const route = { apiVersion: "gateway.networking.k8s.io/v1", kind: "HTTPRoute" };
    const limit = { apiVersion: "gateway.envoyproxy.io/v1alpha1", kind: "BackendTrafficPolicy" };
    const spec = serviceRoute(descriptor.name, descriptor.port, gateway.gateway, gateway.settings);
    new CustomResource(this.child("route"), { ...route, metadata, spec }, { parent: this });
    new CustomResource(
      this.child("rate-limit"),
      { ...limit, metadata, spec: rateLimit(descriptor.name, gateway.settings) },
      { parent: this },
    );
  }
}

interface Metadata {
  name: string;
  namespace: pulumi.Output<string>;
  labels: Record<string, string>;
}

function dependencies({ needs }: LocatedService, platform: PlatformEndpoints): Endpoint[] {
  return needs.map((need) => platform[need]);
}
