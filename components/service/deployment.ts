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
import { PlatformComponent } from "../base/component.ts";
import type { Endpoint, Server } from "../base/endpoint.ts";
import type { KubernetesRuntime } from "../base/runtime.ts";
import { secretHash } from "../base/secret-hash.ts";
import type { Sizes } from "../base/sizes.ts";
import { applyTransform, type Transform } from "../base/transform.ts";
import { rateLimit, serviceRoute } from "../gateway/kubernetes.ts";
import type { PlatformGateway } from "../gateway/platform-gateway.ts";
import { skipAwaitAnnotation } from "../kubernetes/labels.ts";
import { type ObjectMetadata, objectMetadata } from "../kubernetes/metadata.ts";
import { egressPolicy, ingressPolicy } from "../kubernetes/network.ts";
import { disruptionBudget } from "../kubernetes/placement.ts";
import { autoscalerSpec, scaledObjectSpec } from "./autoscaling.ts";
import type { LocatedService } from "./descriptor.ts";
import { type PlatformEndpoints, platformEnvironment, type Variables } from "./environment.ts";
import { deploymentSpec, imageVersion, serviceSpec } from "./kubernetes.ts";
import { mergeVariables, urlPorts } from "./variables.ts";

type DeploymentSpec = types.input.apps.v1.DeploymentSpec;

export interface ServiceDeploymentArgs {
  runtime: KubernetesRuntime;
  descriptor: LocatedService;
  platform: PlatformEndpoints;
  /** Variables besides those of the environment contract. */
  environment: Partial<Variables> | undefined;
  image: pulumi.Input<string>;
  sizes: Sizes["service"];
  /** Whether the cluster runs KEDA, so that consumer lag scales the replicas. */
  keda: boolean;
  gateway: PlatformGateway | undefined;
  transform: Transform<DeploymentSpec> | undefined;
}

/** A service's replicas: their number, what they may connect to, and who may connect to them. */
export class ServiceDeployment extends PlatformComponent {
  /** `http://host:port` inside of the cluster; resolves when the replicas are ready. */
  readonly url: pulumi.Output<string>;

  constructor(name: string, args: ServiceDeploymentArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ServiceDeployment", name, args.runtime, opts);
    const { descriptor, runtime, sizes } = args;
    const metadata = objectMetadata(descriptor.name, runtime);
    const account = this.createAccount(metadata);
    this.createService(descriptor, metadata);
    this.createIngressPolicy(args, metadata);
    this.createEgressPolicy(args, metadata);
    const { plain, secret } = mergeVariables(
      platformEnvironment(args.platform, runtime.namespace, descriptor.needs),
      args.environment,
    );
    const inputs = {
      image: args.image,
      environment: { ...plain, VERSION: pulumi.output(args.image).apply(imageVersion) },
      secret: this.createEnvironmentSecret(secret, metadata),
      servers: usedServers(args),
    };
    const spec = applyTransform<DeploymentSpec>(args.transform, deploymentSpec(descriptor, sizes, inputs));
    const pods = this.createPods(spec, metadata, account, opts);
    this.createDisruptionBudget(sizes, metadata);
    this.createAutoscaler(args, metadata);
    this.createRoute(args, metadata);
    this.createRateLimit(args, metadata);
    const host = pulumi.interpolate`${descriptor.name}.${pods.metadata.namespace}.svc.cluster.local`;
    this.url = pulumi.interpolate`http://${host}:${descriptor.port}`;
    this.registerOutputs({ url: this.url });
  }

  private createAccount(metadata: ObjectMetadata): ServiceAccount {
    const manifest = { metadata, automountServiceAccountToken: false };
    return new ServiceAccount(this.childName("account"), manifest, { parent: this });
  }

  private createService(descriptor: LocatedService, metadata: ObjectMetadata): void {
    const manifest = { metadata: { ...metadata, annotations: skipAwaitAnnotation }, spec: serviceSpec(descriptor) };
    new Service(this.childName("service"), manifest, { parent: this });
  }

  private createIngressPolicy({ runtime, descriptor, gateway }: ServiceDeploymentArgs, metadata: ObjectMetadata): void {
    const { name, port } = descriptor;
    const spec = ingressPolicy(
      { workload: name, ports: [port] },
      {
        namespaces: gateway && descriptor.public ? [gateway.settings.proxies] : [],
        scrape: { from: runtime.scrapers, port },
      },
    );
    const manifest = { metadata: { ...metadata, name: `${descriptor.name}-ingress` }, spec };
    new NetworkPolicy(this.childName("ingress"), manifest, { parent: this });
  }

  private createEgressPolicy(args: ServiceDeploymentArgs, metadata: ObjectMetadata): void {
    const { name } = args.descriptor;
    const endpoints = neededEndpoints(args);
    const servers = usedServers(args);
    const platformPorts = endpoints.flatMap(({ externalPorts }) => externalPorts ?? []);
    const variables = pulumi.output({ ...args.environment?.plain, ...args.environment?.secret });
    // A port is public, although the address that holds it may be secret.
    const spec = pulumi
      .unsecret(variables.apply(urlPorts))
      .apply((ports) => egressPolicy(name, servers, [...new Set([...platformPorts, ...ports])]));
    const manifest = { metadata: { ...metadata, name: `${name}-egress` }, spec };
    new NetworkPolicy(this.childName("egress"), manifest, { parent: this });
  }

  /** @returns the Secret's name, and a hash that changes with its content */
  private createEnvironmentSecret(variables: Variables["secret"], metadata: ObjectMetadata) {
    const name = `${metadata.name}-environment`;
    const manifest = { metadata: { ...metadata, name }, stringData: pulumi.secret(variables) };
    new Secret(this.childName("environment"), manifest, { parent: this });
    return { name, hash: secretHash(pulumi.jsonStringify(variables)) };
  }

  private createPods(
    spec: DeploymentSpec,
    metadata: ObjectMetadata,
    account: ServiceAccount,
    opts: pulumi.ComponentResourceOptions = {},
  ): Deployment {
    // Children do not inherit what their parent waits for.
    const waits = pulumi.mergeOptions({ parent: this, dependsOn: opts.dependsOn ?? [] }, { dependsOn: [account] });
    return new Deployment(this.childName("pods"), { metadata, spec }, waits);
  }

  private createDisruptionBudget({ replicas }: Sizes["service"], metadata: ObjectMetadata): void {
    const spec = disruptionBudget(metadata.name, replicas.min);
    if (spec) new PodDisruptionBudget(this.childName("budget"), { metadata, spec }, { parent: this });
  }

  private createAutoscaler(
    { descriptor, platform, sizes, keda }: ServiceDeploymentArgs,
    metadata: ObjectMetadata,
  ): void {
    const autoscaler = autoscalerSpec(descriptor.name, sizes.replicas);
    if (autoscaler === undefined) return;
    const name = this.childName("autoscaler");
    if (!keda) {
      new HorizontalPodAutoscaler(name, { metadata, spec: autoscaler }, { parent: this });
      return;
    }
    const spec = platform.broker.url.apply((brokers) => scaledObjectSpec(descriptor, sizes.replicas, brokers));
    const kind = { apiVersion: "keda.sh/v1alpha1", kind: "ScaledObject" };
    new CustomResource(name, { ...kind, metadata, spec }, { parent: this });
  }

  private createRoute({ descriptor, gateway }: ServiceDeploymentArgs, metadata: ObjectMetadata): void {
    if (!descriptor.public || gateway === undefined) return;
    const kind = { apiVersion: "gateway.networking.k8s.io/v1", kind: "HTTPRoute" };
    const spec = serviceRoute(descriptor.name, descriptor.port, gateway.gatewayName, gateway.settings);
    new CustomResource(this.childName("route"), { ...kind, metadata, spec }, { parent: this });
  }

  private createRateLimit({ descriptor, gateway }: ServiceDeploymentArgs, metadata: ObjectMetadata): void {
    if (!descriptor.public || gateway === undefined) return;
    const kind = { apiVersion: "gateway.envoyproxy.io/v1alpha1", kind: "BackendTrafficPolicy" };
    const spec = rateLimit(descriptor.name, gateway.settings);
    new CustomResource(this.childName("rate-limit"), { ...kind, metadata, spec }, { parent: this });
  }
}

function usedServers(args: ServiceDeploymentArgs): Server[] {
  const needed = neededEndpoints(args).flatMap(({ server }) => server ?? []);
  return [...needed, ...(args.platform.telemetry?.servers ?? [])];
}

function neededEndpoints({ descriptor, platform }: ServiceDeploymentArgs): Endpoint[] {
  return descriptor.needs.map((need) => platform[need]);
}
