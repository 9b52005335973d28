import type { Unit } from "../../model/dashboard.ts";

const BYTES = ["B", "kB", "MB", "GB", "TB"];

export function formatBytes(bytes: number): string {
  let value = Math.abs(bytes);
  let power = 0;
  while (value >= 1000 && power < BYTES.length - 1) {
    value /= 1000;
    power += 1;
  }
  return `${bytes < 0 ? "−" : ""}${threeDigits(value)} ${BYTES[power]}`;
}

/** Three significant digits, with k, M and G for large numbers. */
export function formatNumber(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e9) return `${threeDigits(value / 1e9)} G`;
  if (size >= 1e6) return `${threeDigits(value / 1e6)} M`;
  if (size >= 1e4) return `${threeDigits(value / 1e3)} k`;
  return threeDigits(value);
}

function threeDigits(value: number): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  const decimals = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : Math.min(6, 2 - Math.floor(Math.log10(size)));
  const text = value.toFixed(decimals);
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

/** @param ns nanoseconds */
export function formatDuration(ns: number): string {
  if (ns < 0) return `−${formatDuration(-ns)}`;
  if (ns < 1e3) return `${Math.round(ns)} ns`;
  if (ns < 1e6) return `${threeDigits(ns / 1e3)} µs`;
  if (ns < 1e9) return `${threeDigits(ns / 1e6)} ms`;
  if (ns < 60e9) return `${threeDigits(ns / 1e9)} s`;
  const seconds = Math.round(ns / 1e9);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const hours = Math.floor(seconds / 3600);
  if (hours < 48) return `${hours} h ${Math.floor((seconds % 3600) / 60)} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

export function formatUnit(value: number | null | undefined, unit: Unit): string {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (unit === "ratio") return `${threeDigits(value * 100)} %`;
  if (unit === "seconds") return formatDuration(value * 1e9);
  if (unit === "milliseconds") return formatDuration(value * 1e6);
  if (unit === "bytes") return formatBytes(value);
  if (unit === "bytes/s") return `${formatBytes(value)}/s`;
  if (unit === "cents") return (value / 100).toLocaleString(undefined, { maximumFractionDigits: 2 });
  if (unit === "none") return formatNumber(value);
  return `${formatNumber(value)} ${unit.replace("requests", "req").replace("events", "ev")}`;
}

/** @param share of one core */
export function formatCpu(share: number | undefined): string {
  return share === undefined ? "–" : `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
}

/** Local time of day with milliseconds, as in 14:03:07.120. */
export function formatTime(ms: number): string {
  const time = new Date(ms);
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${three(time.getMilliseconds())}`;
}

/** Local date and time, as in 2026-11-28 14:03:07. */
export function formatDate(ms: number): string {
  const time = new Date(ms);
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}

/** As in "3 min ago". */
export function formatAge(ms: number, now: number): string {
  const seconds = Math.max(0, Math.round((now - ms) / 1000));
  if (seconds < 5) return "just now";
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86400)} d ago`;
}

export function formatCount(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString("en-US")} ${count === 1 ? one : many}`;
}

/** Milliseconds of a decimal count of nanoseconds. */
export function msOf(ns: string): number {
  return Number(ns.slice(0, -6) || "0") + Number(ns.slice(-6)) / 1e6;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

function three(value: number): string {
  return String(value).padStart(3, "0");
}
