import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { freePort } from "../../../../test/support/listening.ts";
import { writeEdgeFiles } from "../../src/edge/edge-files.ts";
import { haproxyConfig } from "../../src/edge/haproxy-config.ts";
import type { HaproxyPlan } from "../../src/edge/haproxy-plan.ts";
import { nginxConfig } from "../../src/edge/nginx-config.ts";
import type { NginxPlan } from "../../src/edge/nginx-plan.ts";
import { tellHaproxy } from "../../src/edge/runtime-socket.ts";
import type { SigningKey } from "../../src/shield/ticket.ts";
import { dial, untilClosed } from "./http.ts";
import { eventually } from "./origin.ts";

/** For `skip`: why an engine's tests cannot run, or false. */
export function missing(...programs: readonly string[]): string | false {
  const absent = programs.find((program) => spawnSync(program, ["-v"]).error !== undefined);
  return absent === undefined ? false : `no ${absent} here`;
}

/** A folder that workers of another user may read, gone when the test ends. */
export function engineFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "causeway-edge-"));
  chmodSync(folder, 0o755);
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** What the engine says of a configuration. */
export function judged(engine: "haproxy" | "nginx", file: string): { ok: boolean; text: string } {
  const args = engine === "haproxy" ? ["-c", "-f", file] : ["-t", "-c", file];
  const { status, stdout, stderr } = spawnSync(engine, args, { encoding: "utf8" });
  const text = `${stdout}${stderr}`;
  return { ok: status === 0 && !/\[(?:warn|warning|alert|emerg)\]/i.test(text), text };
}

export interface TestHaproxy {
  readonly port: number;
  readonly url: string;
  readonly control: string;
  readonly folder: string;
  readonly process: ChildProcess;
  /** Requests that went to a backend so far. */
  served(backend: string): Promise<number>;
  /** Requests that wait for a backend now. */
  waiting(backend: string): Promise<number>;
}

export interface HaproxyOptions extends Partial<HaproxyPlan> {
  readonly keys?: readonly SigningKey[];
  readonly alternates?: readonly string[];
  /** How long requests wait here, for a test that is slower than clients. */
  readonly queueMs?: number;
  /** Whether its core has time, where one file a second is enough for newcomers; absent: as it is. */
  readonly hasTime?: boolean;
  /** When who is refused is told to come back; absent: after 5 to 24. */
  readonly waitSeconds?: number;
}

export async function startHaproxy(
  t: TestContext,
  {
    keys = [],
    alternates = [],
    queueMs = 800,
    hasTime,
    waitSeconds,
    ...plan
  }: HaproxyOptions & Pick<HaproxyPlan, "origins">,
): Promise<TestHaproxy> {
  const folder = engineFolder(t);
  const control = join(folder, "control");
  const port = await freePort();
  const config = haproxyConfig({
    title: "Contoso",
    name: "edge-1",
    listen: [{ host: "127.0.0.1", port }],
    files: [],
    originConnections: 512,
    fileConnections: 4_096,
    connectionsMax: 20_000,
    peers: [],
    behind: [],
    audience: "primary",
    control,
    folder: undefined,
    user: undefined,
    ...plan,
  });
  const file = join(folder, "haproxy.cfg");
  const wait = "set-var(txn.wait) ";
  const patient = config
    .replace("timeout queue 800ms", `timeout queue ${queueMs}ms`)
    .replace(`${wait}rand(20),add(5)`, (text) => {
      return waitSeconds === undefined ? text : `${wait}int(${waitSeconds})`;
    });
  writeFileSync(file, hasTime === undefined ? patient : withCore(patient, hasTime));
  await writeEdgeFiles(folder, { keys, alternates });
  const child = await run(t, "haproxy", ["-db", "-f", file], port);
  // It takes clients a moment before its own socket has its name.
  await eventually("HAProxy is told things", () => existsSync(control));
  const column = async (backend: string, at: number): Promise<number> => {
    const table = await tellHaproxy(control, "show stat -1 -1 -1");
    const line = table.split("\n").find((each) => each.startsWith(`${backend},BACKEND,`));
    return Number(line?.split(",")[at]);
  };
  const served = (backend: string): Promise<number> => column(backend, 7);
  const waiting = (backend: string): Promise<number> => column(backend, 2);
  return {
    port,
    url: `http://127.0.0.1:${port}/`,
    control,
    folder,
    process: child,
    served,
    waiting,
  };
}

function withCore(config: string, hasTime: boolean): string {
  return config
    .replace(/(?<=lat_ns_tot lt )\d+/, hasTime ? "2147483647" : "0")
    .replace(/(?<=files_begun\) -m int lt )\d+/, "1");
}

export interface TestNginx {
  readonly port: number;
  readonly url: string;
}

export async function startNginx(
  t: TestContext,
  plan: Partial<NginxPlan> & Pick<NginxPlan, "tree">,
): Promise<TestNginx> {
  const folder = engineFolder(t);
  const port = await freePort();
  chmodSync(plan.tree, 0o755);
  const file = join(folder, "nginx.conf");
  const config = nginxConfig({
    title: "Contoso",
    listen: [{ host: "127.0.0.1", port }],
    duplicates: [],
    behind: [],
    pidFile: join(folder, "pid"),
    ...plan,
  });
  writeFileSync(file, config);
  await run(t, "nginx", ["-c", file, "-e", "stderr", "-g", "daemon off;"], port);
  return { port, url: `http://127.0.0.1:${port}/` };
}

/** Starts a program that ends with the test, and waits until it listens. */
async function run(
  t: TestContext,
  program: string,
  args: readonly string[],
  port: number,
): Promise<ChildProcess> {
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-4_000);
  });
  const ended = once(child, "close");
  t.after(async () => {
    child.kill("SIGTERM");
    await ended;
  });
  await eventually(`${program} listens`, async () => {
    if (child.exitCode !== null) throw new Error(`${program} ended: ${said}`);
    return takesConnections(port);
  });
  return child;
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = dial(port);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("close", () => resolve(false));
  });
}

/** The raw answer to a whole request on a fresh connection. */
export async function exchange(port: number, text: string): Promise<string> {
  const socket = dial(port);
  socket.write(text);
  return untilClosed(socket);
}

/** What comes first, for a server that then waits for more of the request. */
export async function firstAnswer(port: number, text: string): Promise<string> {
  const socket = dial(port);
  socket.write(text);
  const [bytes] = (await once(socket, "data")) as [Buffer];
  socket.destroy();
  return bytes.toString("latin1");
}
