import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";

/** Why there can be no such network here; undefined where there can. */
export const noNetworkHere =
  process.getuid?.() === 0 && process.platform === "linux" ? undefined : "needs root, and Linux";

/** Machines on one switch: network namespaces, from which nothing leads anywhere else. */
export class Network {
  readonly #prefix: string;
  readonly #names: string[] = [];
  readonly #processes = new Set<ChildProcess>();

  /** @param name tells networks of one process apart */
  constructor(name = "n") {
    this.#prefix = `causeway-${process.pid}-${name}-`;
    this.#add("switch");
    ip("-n", this.#whole("switch"), "link", "add", "hub", "type", "bridge", "mcast_snooping", "0");
    ip("-n", this.#whole("switch"), "link", "set", "hub", "up");
  }

  /** Puts a machine with one address on the switch. */
  join(name: string, address: string): void {
    this.#add(name);
    const port = `p${this.#names.length}`;
    const [own, hub] = [this.#whole(name), this.#whole("switch")];
    ip("-n", hub, "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", own);
    ip("-n", hub, "link", "set", port, "master", "hub", "up");
    ip("-n", own, "addr", "add", address, "dev", "eth0");
    ip("-n", own, "link", "set", "eth0", "up");
  }

  /** Takes a machine off the switch, as who pulls its cable. */
  unplug(name: string): void {
    ip("-n", this.#whole(name), "link", "set", "eth0", "down");
  }

  /** The words that run a command on a machine. */
  on(name: string, ...command: readonly string[]): readonly string[] {
    return ["ip", "netns", "exec", this.#whole(name), ...command];
  }

  /** Runs a command on a machine to its end. @returns what it wrote */
  async run(name: string, ...command: readonly string[]): Promise<string> {
    const child = this.#spawn(name, command);
    let output = "";
    child.stdout?.on("data", (bytes) => (output += String(bytes)));
    await once(child, "close");
    return output;
  }

  /** Starts a command on a machine; it is here once it has written a line. */
  async start(name: string, ...command: readonly string[]): Promise<Running> {
    const child = this.#spawn(name, command);
    let output = "";
    const said = new Promise<string>((resolve, reject) => {
      child.stdout?.on("data", (bytes) => {
        output += String(bytes);
        if (output.includes("\n")) resolve(output);
      });
      child.once("exit", (code) => reject(new Error(`${command.join(" ")} ended with ${code}`)));
    });
    const first = await said;
    return {
      first,
      over: once(child, "close").then(() => output),
      end: async (signal) => {
        const over =
          child.exitCode === null && child.signalCode === null ? once(child, "exit") : [];
        child.kill(signal);
        await over;
      },
    };
  }

  /** Ends what was started there, and takes all of it away. */
  remove(): void {
    for (const child of this.#processes) child.kill("SIGKILL");
    for (const name of this.#names.toReversed()) ip("netns", "del", this.#whole(name));
  }

  #spawn(name: string, command: readonly string[]): ChildProcess {
    const [program = "", ...words] = this.on(name, ...command);
    const child = spawn(program, words, { stdio: ["ignore", "pipe", "inherit"] });
    this.#processes.add(child);
    child.once("exit", () => this.#processes.delete(child));
    return child;
  }

  #add(name: string): void {
    ip("netns", "add", this.#whole(name));
    this.#names.push(name);
    ip("-n", this.#whole(name), "link", "set", "lo", "up");
  }

  #whole(name: string): string {
    return this.#prefix + name;
  }
}

/** A command that goes on. */
export interface Running {
  readonly first: string;
  /** All that it wrote, once it has ended. */
  readonly over: Promise<string>;
  end(signal: NodeJS.Signals): Promise<void>;
}

function ip(...words: readonly string[]): void {
  execFileSync("ip", words, { stdio: ["ignore", "ignore", "inherit"] });
}
