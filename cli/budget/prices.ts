/** A list price with its source and date, because prices change. */
export interface Price {
  amount: number;
  currency: "USD";
  unit: "hour" | "GiB-month" | "disk-month";
  /** The day on which the source stated it. */
  date: string;
  source: string;
}

export interface Disk extends Price {
  /** Size of a disk that is paid whole; absent: paid by the requested size. */
  gib?: number;
}

/** A cloud's on-demand list prices without taxes, discounts and free tiers. */
export interface Cloud {
  name: string;
  region: string;
  /** Managed Kubernetes with an uptime guarantee. */
  controlPlane: Price;
  node: Price & { type: string; cpu: number; memoryGib: number };
  /** SSD volumes, the smallest first. */
  disks: Disk[];
  /** Absent without a dated source; the estimate then lacks it. */
  loadBalancer?: Price;
}

const infracost = "Infracost's recorded estimates, of the cloud's price list";
const karpenter = (api: string) => `Karpenter's price table, generated from the ${api}`;

export const clouds: readonly Cloud[] = [
  {
    name: "AWS",
    region: "us-east-1",
    controlPlane: { amount: 0.1, currency: "USD", unit: "hour", date: "2025-07-07", source: infracost },
    node: {
      type: "m7i.xlarge",
      cpu: 4,
      memoryGib: 16,
      amount: 0.2016,
      currency: "USD",
      unit: "hour",
      date: "2026-07-20",
      source: karpenter("AWS Price List API"),
    },
    disks: [{ amount: 0.08, currency: "USD", unit: "GiB-month", date: "2024-07-01", source: infracost }],
    loadBalancer: { amount: 0.0225, currency: "USD", unit: "hour", date: "2024-07-01", source: infracost },
  },
  {
    name: "Google Cloud",
    region: "us-central1",
    controlPlane: { amount: 0.1, currency: "USD", unit: "hour", date: "2026-07-01", source: infracost },
    node: {
      type: "e2-standard-4",
      cpu: 4,
      memoryGib: 16,
      // E2 is priced by core and GiB: a quarter of the 0.53609136 that the source has for
      // e2-standard-16.
      amount: 0.13402284,
      currency: "USD",
      unit: "hour",
      date: "2025-03-06",
      source: "gcosts' price table, generated from the Cloud Billing Catalog API",
    },
    disks: [
      {
        amount: 0.1,
        currency: "USD",
        unit: "GiB-month",
        date: "2025-03-06",
        source: "gcosts' price table, generated from the Cloud Billing Catalog API",
      },
    ],
  },
  {
    name: "Azure",
    region: "eastus",
    controlPlane: { amount: 0.1, currency: "USD", unit: "hour", date: "2024-08-30", source: infracost },
    node: {
      type: "Standard_D4s_v5",
      cpu: 4,
      memoryGib: 16,
      amount: 0.192,
      currency: "USD",
      unit: "hour",
      date: "2026-06-18",
      source: karpenter("Azure Retail Prices API"),
    },
    disks: [
      { gib: 32, amount: 5.28, currency: "USD", unit: "disk-month", date: "2024-07-01", source: infracost },
      { gib: 128, amount: 19.71, currency: "USD", unit: "disk-month", date: "2025-01-15", source: infracost },
    ],
    loadBalancer: {
      amount: 0.025,
      currency: "USD",
      unit: "hour",
      date: "2026-09-30",
      source: "a published cost estimate that quotes the Azure Retail Prices API",
    },
  },
];
