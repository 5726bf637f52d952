import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../../../../test/support/listening.ts";
import type { NameServer } from "../../src/index.ts";

const zoneText = `$ORIGIN example.com.
$TTL 300
@ SOA ns1 admin 1 3600 600 86400 60
@ NS ns1
ns1 A 127.0.0.1
update A 192.0.2.1
update A 192.0.2.2
update AAAA 2001:db8::1
www CNAME update
noted A 192.0.2.9
noted TXT "kept"
sub NS ns.other.example.
*.wild A 192.0.2.66
x.wild A 192.0.2.67
`;

const knotd = "/usr/sbin/knotd"; // many a user's search path lacks that folder

const secrets = {
  ops: "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0",
  other: "b3RoZXJvdGhlcm90aGVyb3RoZXJvdGhl",
} as const;

export interface Knot extends NameServer {
  /** Signs what the zone lets change. */
  readonly key: string;
  /** A key that the server knows, and that may change nothing. */
  readonly foreignKey: string;
  /** Of the right name, with another secret. */
  readonly forgedKey: string;
  /** Of a name that the server does not know. */
  readonly unknownKey: string;
  readonly folder: string;
  stop(): Promise<void>;
  start(): Promise<void>;
}

export interface KnotOptions {
  /** How far its clock is ahead. */
  readonly clockSeconds?: number;
  readonly zone?: string;
}

/** A folder of its own for one test, removed afterwards. */
export function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "causeway-names-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Debian's Knot on loopback with the zone example.com, ended with the test. */
export async function startKnot(t: TestContext, options: KnotOptions = {}): Promise<Knot> {
  const folder = folderFor(t);
  const port = await freePort();
  mkdirSync(join(folder, "run"));
  writeFileSync(join(folder, "example.com.zone"), options.zone ?? zoneText);
  writeFileSync(join(folder, "knot.conf"), configOf(folder, port));
  const key = (file: string, name: string, secret: string): string => {
    const path = join(folder, file);
    const text = `key "${name}" { algorithm hmac-sha256; secret "${secret}"; };\n`;
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  let child: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    child = run(join(folder, "knot.conf"), options.clockSeconds);
    await untilAnswers(port);
  };
  const stop = async (): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  };
  t.after(stop);
  await start();
  return {
    host: "127.0.0.1",
    port,
    folder,
    start,
    stop,
    key: key("ops.key", "ops", secrets.ops),
    foreignKey: key("other.key", "other", secrets.other),
    forgedKey: key("forged.key", "ops", secrets.other),
    unknownKey: key("unknown.key", "unknown", secrets.other),
  };
}

function run(config: string, clockSeconds: number | undefined): ChildProcess {
  const args = ["-c", config];
  if (clockSeconds === undefined) return spawn(knotd, args, { stdio: "ignore" });
  // Not by the command faketime, which would stay between us and the server that we end.
  const library = execFileSync("faketime", ["-f", "+0s", "printenv", "LD_PRELOAD"]);
  const env = {
    ...process.env,
    LD_PRELOAD: library.toString().trim(),
    FAKETIME: `+${clockSeconds}s`,
  };
  return spawn(knotd, args, { stdio: "ignore", env });
}

function configOf(folder: string, port: number): string {
  return `server:
  rundir: "${folder}/run"
  listen: 127.0.0.1@${port}
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
database:
  storage: "${folder}/run"
key:
  - id: ops
    algorithm: hmac-sha256
    secret: ${secrets.ops}
  - id: other
    algorithm: hmac-sha256
    secret: ${secrets.other}
acl:
  - id: change
    action: update
    key: ops
zone:
  - domain: example.com
    storage: "${folder}"
    file: example.com.zone
    acl: change
`;
}

/** Outside programs ask here, so that a fault in ours does not hide one. */
export function digShort(server: NameServer, name: string, type: string): readonly string[] {
  const args = ["-r", `@${server.host}`, "-p", String(server.port), "+short", name, type];
  const lines = execFileSync("dig", [...args, "+tries=1", "+time=1"])
    .toString()
    .split("\n");
  return lines.filter((line) => line !== "").toSorted();
}

async function untilAnswers(port: number): Promise<void> {
  for (let round = 0; round < 200; round++) {
    try {
      if (digShort({ host: "127.0.0.1", port }, "example.com", "SOA").length === 1) return;
    } catch {
      // It does not listen yet.
    }
    await sleep(50);
  }
  throw new Error("knotd does not answer");
}
