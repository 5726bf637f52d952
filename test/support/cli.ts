import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { CliHosts } from "./cli-hosts.ts";

export const checkout = fileURLToPath(new URL("../../", import.meta.url));
/** Where `npm test` has laid out the packages as users get them; else they are run from source. */
const shipped = process.env["CAUSEWAY_TEST_SHIPPED"];
/** Makes Node.js take the packages from source, as npm does in a checkout. */
export const sourceOption = "--conditions=causeway-source";
const bin =
  shipped === undefined
    ? path.join(checkout, "packages", "cli", "bin", "causeway.js")
    : path.join(shipped, "node_modules", "causeway", "bin", "causeway.js");

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder of its own for one test, removed afterwards. */
export function folderFor(context: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), "causeway-test-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** In a process of its own, started as a user starts it; else in one that has run others before. */
  readonly own?: boolean;
}

/** What to start for `causeway ARGS`, and in which surroundings: none of the user's own. */
export function commandLine(
  args: readonly string[],
  options: RunOptions = {},
): {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
} {
  const cache = process.env["NODE_COMPILE_CACHE"];
  return {
    file: process.execPath,
    args: [bin, ...args],
    cwd: options.cwd ?? checkout,
    env: {
      PATH: process.env["PATH"],
      HOME: options.cwd ?? tmpdir(),
      ...(shipped === undefined && { NODE_OPTIONS: sourceOption }),
      ...(cache !== undefined && { NODE_COMPILE_CACHE: cache }),
      ...options.env,
    },
  };
}

/** Starts `causeway ARGS` as a process of its own. */
export function start(args: readonly string[], options: RunOptions = {}): ChildProcess {
  const { file, args: all, cwd, env } = commandLine(args, options);
  return spawn(file, all, { cwd, env, stdio: ["pipe", "pipe", "pipe"] });
}

const hosts = new CliHosts(bin, commandLine([]).env);

/** Runs `causeway ARGS` to its end. */
export async function causeway(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const { stdin, own = stdin !== undefined || isForNode(options.env) } = options;
  if (!own) {
    const { cwd, env } = commandLine(args, options);
    return hosts.run({ args, cwd, env });
  }
  const child = start(args, options);
  child.stdin?.end(stdin ?? "");
  return ended(child);
}

/** Node.js reads these where a process begins. */
function isForNode(env: RunOptions["env"] = {}): boolean {
  return Object.keys(env).some((name) => name.startsWith("NODE_"));
}

export async function ended(child: ChildProcess): Promise<Ended> {
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  await once(child, "close");
  return { code: child.exitCode, signal: child.signalCode, stdout, stderr };
}

/** Runs `causeway ARGS --json` and reads its one object. */
export async function causewayJson(
  args: readonly string[],
  options: RunOptions = {},
): Promise<{ readonly code: number | null; readonly json: unknown; readonly stderr: string }> {
  const { code, stdout, stderr } = await causeway([...args, "--json"], options);
  return { code, json: JSON.parse(stdout), stderr };
}

interface Served {
  /** The route's. */
  readonly url: string;
  /** The same over HTTPS. */
  readonly tlsUrl: string | null;
  readonly adminUrl: string | null;
  /** The HAProxy in front. */
  readonly edge: { readonly version: string } | null;
  readonly process: ChildProcess;
}

/** Serves `tree` on a free port for one test. */
export function serveTree(context: TestContext, tree: string): Promise<Served> {
  return serve(context, "--repository", tree);
}

/** Runs `causeway serve ARGS` on a free port for one test, without an edge if ARGS name none. */
export async function serve(context: TestContext, ...args: readonly string[]): Promise<Served> {
  const place = ["--host", "127.0.0.1", "--port", "0", "--json"];
  const child = start(["serve", "--edge", "off", ...args, ...place]);
  context.after(() => child.kill("SIGKILL"));
  child.stderr?.resume();
  if (child.stdout === null) throw new Error("no standard output");
  for await (const line of createInterface({ input: child.stdout })) {
    return { ...(JSON.parse(line) as Omit<Served, "process">), process: child };
  }
  throw new Error("the server ended before it listened");
}
