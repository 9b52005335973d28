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
import { applyTransform, type KubernetesRuntime, PlatformComponent, type Transform } from "../base/component.ts";
import type { Sizes } from "../base/sizes.ts";
import { secretHash } from "../config/passwords.ts";
import { rateLimit, serviceRoute } from "../gateway/kubernetes.ts";
import type { PlatformGateway } from "../gateway/platform-gateway.ts";
import { labels, skipAwaitAnnotation } from "../kubernetes/labels.ts";
import { egressPolicy, ingressPolicy, type Server } from "../kubernetes/network.ts";
import { disruptionBudget } from "../kubernetes/placement.ts";
import { autoscalerSpec, scaledObjectSpec } from "./autoscaling.ts";
import type { LocatedService } from "./descriptor.ts";
import { type Endpoint, type PlatformEndpoints, platformEnvironment, type Variables } from "./environment.ts";
import { deploymentSpec, imageVersion, serviceSpec } from "./kubernetes.ts";
import { mergeVariables, urlPorts } from "./variables.ts";

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

    const account = new ServiceAccount(
      this.childName("account"),
      { metadata, automountServiceAccountToken: false },
      child,
    );
    new Service(
      this.childName("service"),
      { metadata: { ...metadata, annotations: skipAwaitAnnotation }, spec: serviceSpec(descriptor) },
      child,
    );
    this.createNetworkPolicies(args, metadata);
    const spec = this.createPodSpec(args, metadata);
    const pods = new Deployment(
      this.childName("pods"),
      { metadata, spec },
      pulumi.mergeOptions(waits, { dependsOn: [account] }),
    );
    this.createAutoscaling(args, metadata);
    this.createRoute(args, metadata);
    this.url = pulumi.interpolate`http://${descriptor.name}.${pods.metadata.namespace}.svc.cluster.local:${descriptor.port}`;
    this.registerOutputs({ url: this.url });
  }

  private createPodSpec(args: ServiceDeploymentArgs, metadata: ObjectMetadata) {
    const { descriptor, platform, runtime, image, sizes, transform: hook } = args;
    const { plain, secret } = mergeVariables(
      platformEnvironment(platform, runtime.namespace, descriptor.needs),
      args.environment,
    );
    const name = `${descriptor.name}-environment`;
    new Secret(
      this.childName("environment"),
      { metadata: { ...metadata, name }, stringData: pulumi.secret(secret) },
      { parent: this },
    );
    const hash = secretHash(pulumi.jsonStringify(secret));
    const environment = { ...plain, VERSION: pulumi.output(image).apply(imageVersion) };
    const servers = neededEndpoints(descriptor, platform).flatMap(({ server }) => server ?? []);
    // Outputs stand in single fields: what is known is in the first preview already.
    const spec = deploymentSpec(descriptor, sizes, { image, environment, secret: { name, hash }, servers });
    return applyTransform<types.input.apps.v1.DeploymentSpec>(hook, spec);
  }

  private createNetworkPolicies(
    { descriptor, platform, environment, gateway }: ServiceDeploymentArgs,
    metadata: ObjectMetadata,
  ) {
    const needed = neededEndpoints(descriptor, platform);
    const own: Server = { workload: descriptor.name, ports: [descriptor.port] };
    const outside = [...new Set(needed.flatMap((endpoint) => endpoint.externalPorts ?? []))];
    const servers = needed.flatMap(({ server }) => server ?? []);
    const fromGateway = gateway && descriptor.public ? [gateway.settings.proxies] : [];
    // A port is no secret, though the address with it may be one.
    const named = pulumi.unsecret(pulumi.output({ ...environment?.plain, ...environment?.secret }).apply(urlPorts));
    const egress = named.apply((ports) => egressPolicy(descriptor.name, servers, [...new Set([...outside, ...ports])]));
    const policies = { egress, ingress: ingressPolicy(own, fromGateway) };
    for (const [way, spec] of Object.entries(policies))
      new NetworkPolicy(
        this.childName(way),
        { metadata: { ...metadata, name: `${descriptor.name}-${way}` }, spec },
        { parent: this },
      );
  }

  private createAutoscaling({ descriptor, platform, sizes, keda }: ServiceDeploymentArgs, metadata: ObjectMetadata) {
    const budget = disruptionBudget(descriptor.name, sizes.replicas.min);
    if (budget) new PodDisruptionBudget(this.childName("budget"), { metadata, spec: budget }, { parent: this });
    const autoscaling = autoscalerSpec(descriptor.name, sizes.replicas);
    if (autoscaling === undefined) return;
    if (!keda) {
      new HorizontalPodAutoscaler(this.childName("autoscaler"), { metadata, spec: autoscaling }, { parent: this });
      return;
    }
    const spec = platform.broker.url.apply((brokers) => scaledObjectSpec(descriptor, sizes.replicas, brokers));
    const kind = { apiVersion: "keda.sh/v1alpha1", kind: "ScaledObject" };
    new CustomResource(this.childName("autoscaler"), { ...kind, metadata, spec }, { parent: this });
  }

  private createRoute({ descriptor, gateway }: ServiceDeploymentArgs, metadata: ObjectMetadata) {
    if (!descriptor.public || gateway === undefined) return;
    const route = { apiVersion: "gateway.networking.k8s.io/v1", kind: "HTTPRoute" };
    const limit = { apiVersion: "gateway.envoyproxy.io/v1alpha1", kind: "BackendTrafficPolicy" };
    const spec = serviceRoute(descriptor.name, descriptor.port, gateway.gatewayName, gateway.settings);
    new CustomResource(this.childName("route"), { ...route, metadata, spec }, { parent: this });
    new CustomResource(
      this.childName("rate-limit"),
      { ...limit, metadata, spec: rateLimit(descriptor.name, gateway.settings) },
      { parent: this },
    );
  }
}

interface ObjectMetadata {
  name: string;
  namespace: pulumi.Output<string>;
  labels: Record<string, string>;
}

function neededEndpoints({ needs }: LocatedService, platform: PlatformEndpoints): Endpoint[] {
  return needs.map((need) => platform[need]);
}
