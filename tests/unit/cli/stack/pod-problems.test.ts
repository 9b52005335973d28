import assert from "node:assert/strict";
import { findPodProblems, type ObservedEvent, type ObservedPod } from "../../../../cli/stack/pod-problems.ts";

const NOW = Date.parse("2026-11-28T12:00:00Z");

describe("Why pods do not become ready", () => {
  const pod = (status: ObservedPod["status"]): ObservedPod => ({ metadata: { name: "wallet-0" }, status: status! });
  const event = (kind: string, name: string, reason: string, message: string, secondsAgo = 5): ObservedEvent => ({
    involvedObject: { kind, name },
    reason,
    message,
    lastTimestamp: new Date(NOW - secondsAgo * 1000).toISOString(),
  });
  const problems = (pods: ObservedPod[], events: ObservedEvent[] = [], claims: string[] = []) =>
    findPodProblems(
      { pods, events, claims: claims.map((name) => ({ metadata: { name }, status: { phase: "Pending" } })) },
      NOW,
    );
  const waiting = (reason: string, message?: string) => ({
    name: "wallet",
    restartCount: 4,
    state: { waiting: { reason, ...(message !== undefined && { message }) } },
    lastState: { terminated: { exitCode: 137, reason: "OOMKilled" } },
  });

  it("is said of a pod that no node has room for", () => {
    const message = "0/3 nodes are available: 3 Insufficient cpu.";
    const conditions = [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message }];
    assert.deepEqual(problems([pod({ conditions })]), [`pod wallet-0 cannot be scheduled: ${message}`]);
  });

  it("is said of an image that cannot be pulled, and of a container that crashes, also an init container", () => {
    assert.deepEqual(
      problems([pod({ containerStatuses: [waiting("ImagePullBackOff", 'Back-off pulling "nothing:1"')] })]),
      ['pod wallet-0, container wallet: ImagePullBackOff: Back-off pulling "nothing:1"'],
    );
    const [crash] = problems([pod({ initContainerStatuses: [waiting("CrashLoopBackOff", "back-off 5m0s")] })]);
    assert.match(
      crash!,
      /container wallet: CrashLoopBackOff: it ended with 137 \(OOMKilled\) and was restarted 4 times/,
    );
  });

  it("is said of a pending claim, a refused pod and a failing probe, by their events", () => {
    const unready = pod({ conditions: [{ type: "Ready", status: "False" }] });
    assert.deepEqual(
      problems(
        [unready],
        [
          event("PersistentVolumeClaim", "data-0", "ProvisioningFailed", 'storageclass "fast" not found'),
          event("ReplicaSet", "wallet-5d", "FailedCreate", 'pods "wallet-5d-x" is forbidden: exceeded quota: small'),
          event("Pod", "wallet-0", "Unhealthy", "Readiness probe failed: 503", 30),
          event("Pod", "wallet-0", "Unhealthy", "Readiness probe failed: 500", 5),
        ],
        ["data-0"],
      ),
      [
        "pod wallet-0: Readiness probe failed: 500",
        'volume claim data-0 is pending: storageclass "fast" not found',
        'ReplicaSet wallet-5d cannot create its pods: pods "wallet-5d-x" is forbidden: exceeded quota: small',
      ],
    );
  });

  it("is nothing for a pod that starts, is ready or goes, nor by an event of long ago", () => {
    const ready = pod({ conditions: [{ type: "Ready", status: "True" }] });
    const probe = event("Pod", "wallet-0", "Unhealthy", "Readiness probe failed: 503");
    assert.deepEqual(problems([ready], [probe]), []);
    assert.deepEqual(problems([pod({ containerStatuses: [waiting("ContainerCreating")] })]), []);
    const going = { ...pod({ containerStatuses: [waiting("CrashLoopBackOff")] }) };
    going.metadata = { ...going.metadata, deletionTimestamp: "2026-11-28T11:59:00Z" };
    assert.deepEqual(problems([going]), []);
    assert.deepEqual(problems([], [event("ReplicaSet", "old", "FailedCreate", "exceeded quota", 600)]), []);
  });
});
