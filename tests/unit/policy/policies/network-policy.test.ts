import { networkPolicy } from "@plinth/policy/policies/network-policy.ts";
import { type DeclaredResource, UNKNOWN } from "@plinth/policy/policy.ts";
import {
  allow,
  compliantStack,
  defaultDeny,
  deployment,
  kubernetes,
  service,
} from "../../../support/policy/compliant-stack.ts";
import { describePolicy } from "../../../support/policy/describe-policy.ts";

/** As a preview sees a workload whose whole spec depends on a resource that does not exist yet. */
const later = kubernetes("apps/v1:Deployment", "later", { metadata: { namespace: "shop" }, spec: UNKNOWN });

function elsewhere(resource: DeclaredResource): DeclaredResource {
  return { ...resource, props: { ...resource.props, metadata: { namespace: "elsewhere" } } };
}

describePolicy(networkPolicy, {
  catches: [
    ["no policy at all", [deployment()], /namespace shop has no default deny/],
    ["a deny of ingress alone", [deployment(), defaultDeny({ policyTypes: ["Ingress"] })], /no default deny/],
    [
      "a deny that admits egress",
      [deployment(), defaultDeny({ egress: [{ ports: [{ port: 443 }] }] })],
      /no default deny/,
    ],
    ["a deny of another namespace", [deployment(), elsewhere(defaultDeny())], /no default deny/],
    [
      "a rule for everyone",
      [deployment(), defaultDeny(), allow({ ingress: [{ ports: [{ port: 8080 }] }] })],
      /admits everyone/,
    ],
    [
      "a rule for the whole internet",
      [deployment(), defaultDeny(), allow({ ingress: [{ from: [{ ipBlock: { cidr: "0.0.0.0/0" } }] }] })],
      /admits everyone/,
    ],
    ["egress to everywhere", [deployment(), defaultDeny(), allow({ egress: [{}] })], /out to everywhere/],
    [
      "a selector that selects nothing",
      [deployment(), defaultDeny(), allow({ podSelector: { matchLabels: { app: "apu" } } })],
      /selects no pod/,
    ],
    [
      "a Service without a rule",
      [deployment(), defaultDeny(), service()],
      /no NetworkPolicy admits anyone to port http of 'api'/,
    ],
    [
      "a Service with a port that the rule leaves out",
      [deployment(), defaultDeny(), service({ ports: [{ port: 9090 }] }), allow()],
      /admits anyone to port 9090/,
    ],
  ],
  passes: [
    [
      "egress to everywhere at one port",
      [deployment(), defaultDeny(), allow({ egress: [{ ports: [{ port: 443 }] }] })],
    ],
    [
      "a range of ports",
      [
        ...compliantStack().filter(({ name }) => name !== "api"),
        deployment(),
        service(),
        allow({ ingress: [{ from: [{ podSelector: {} }], ports: [{ port: 8000, endPort: 8100 }] }] }),
      ],
    ],
    [
      "a rule for pods that only 'up' knows",
      [deployment(), defaultDeny(), allow({ podSelector: { matchLabels: { app: "later" } } }), later],
    ],
  ],
});
