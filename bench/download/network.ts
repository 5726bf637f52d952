import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** One of the ways to the client: a network namespace whose only link leads there, shaped. */
export interface Link {
  /** Of the namespace. */
  readonly name: string;
  /** Where its servers listen. */
  readonly address: string;
}

const prefix = "causeway-bench-";
/** Of each route, as the benchmark's limits are reckoned. */
export const routeMbits = 100;
const burst = "16k"; // about a millisecond at 100 Mbit/s: long enough for the kernel's timers
const queueBytes = 375_000; // 30 ms at 100 Mbit/s, as a home router has

/** The client's namespace and one for each route; nothing leads from them to anywhere else. */
export class Network {
  readonly client: string;
  readonly links: readonly Link[];
  readonly #onExit = (): void => this.remove();

  private constructor(count: number) {
    this.client = `${prefix}${process.pid}-client`;
    this.links = Array.from({ length: count }, (_, at) => {
      return { name: `${prefix}${process.pid}-route${at + 1}`, address: `10.231.${at + 1}.2` };
    });
  }

  /** Needs root. What an earlier run that was killed has left is removed first. */
  static make(count: number): Network {
    for (const name of leftovers()) ip("netns", "del", name);
    const network = new Network(count);
    process.once("exit", network.#onExit);
    addNamespace(network.client);
    for (const [at, link] of network.links.entries()) network.#connect(link, at + 1);
    return network;
  }

  #connect({ name, address }: Link, number: number): void {
    addNamespace(name);
    const near = `route${number}`;
    const macs = [`02:00:00:00:01:0${number}`, `02:00:00:00:02:0${number}`] as const;
    const far = ["peer", "name", "up0", "address", macs[1], "netns", name];
    ip("-n", this.client, "link", "add", near, "address", macs[0], "type", "veth", ...far);
    const nearAddress = address.replace(/\d+$/, "1");
    ip("-n", this.client, "addr", "add", `${nearAddress}/30`, "dev", near);
    ip("-n", name, "addr", "add", `${address}/30`, "dev", "up0");
    ip("-n", this.client, "link", "set", near, "up");
    ip("-n", name, "link", "set", "up0", "up");
    // Who is silent must not be found unreachable by ARP: a dead route far away is not, either.
    ip("-n", this.client, "neigh", "replace", address, "lladdr", macs[1], "dev", near);
    ip("-n", name, "neigh", "replace", nearAddress, "lladdr", macs[0], "dev", "up0");
  }

  /** What the route sends is held to this rate from here on. */
  shape(link: Link, mbits: number): void {
    const dev = ["dev", "up0"];
    // htb cannot take its own place; a queue without classes can, and drops what still waited.
    tc(link, "qdisc", "replace", ...dev, "root", "pfifo");
    tc(link, "qdisc", "replace", ...dev, "root", "handle", "1:", "htb", "default", "1");
    const rate = ["rate", `${mbits}mbit`, "burst", burst, "cburst", burst, "quantum", "20000"];
    tc(link, "class", "add", ...dev, "parent", "1:", "classid", "1:1", "htb", ...rate);
    const limit = String(queueBytes);
    tc(link, "qdisc", "add", ...dev, "parent", "1:1", "bfifo", "limit", limit);
  }

  /** What the route sends is lost from here on; nobody is told. */
  blackhole(link: Link): void {
    tc(link, "qdisc", "replace", "dev", "up0", "root", "blackhole");
  }

  remove(): void {
    process.removeListener("exit", this.#onExit);
    for (const { name } of this.links) ip("netns", "del", name);
    ip("netns", "del", this.client);
  }
}

/** The arguments that run a command within a namespace. */
export function within(namespace: string, ...command: readonly string[]): readonly string[] {
  return ["ip", "netns", "exec", namespace, ...command];
}

/** Bytes of payload that left the namespace of process `pid`, kernel's counters less headers. */
export function bytesSent(pid: number): number {
  const text = readFileSync(`/proc/${pid}/net/dev`, "utf8");
  const line = /^\s*up0:(.*)$/m.exec(text)?.[1] ?? "";
  const fields = line.trim().split(/\s+/).map(Number);
  const [bytes = 0, packets = 0] = [fields[8], fields[9]];
  return bytes - packets * headersLength;
}

const headersLength = 14 + 20 + 32; // Ethernet, IPv4, TCP with timestamps

function addNamespace(name: string): void {
  ip("netns", "add", name);
  ip("-n", name, "link", "set", "lo", "up");
  // A peer must not profit, nor suffer, from what an earlier run taught the kernel.
  execFileSync("ip", ["netns", "exec", name, "sysctl", "-qw", "net.ipv4.tcp_no_metrics_save=1"]);
}

function leftovers(): readonly string[] {
  try {
    return readdirSync("/run/netns").filter((name) => {
      const pid = name.startsWith(prefix) && Number.parseInt(name.slice(prefix.length), 10);
      return pid !== false && !isAlive(pid);
    });
  } catch {
    return []; // no namespace was ever made here
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function ip(...args: readonly string[]): void {
  execFileSync("ip", args, { stdio: ["ignore", "ignore", "pipe"] });
}

function tc({ name }: Link, ...args: readonly string[]): void {
  execFileSync("tc", ["-n", name, ...args], { stdio: ["ignore", "ignore", "pipe"] });
}
