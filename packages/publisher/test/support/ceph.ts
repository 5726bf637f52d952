import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort, untilListening } from "../../../../test/support/listening.ts";

/** A real service that speaks S3: Ceph's gateway over the smallest cluster, all of it in memory. */
export interface Ceph {
  readonly endpoint: string;
  readonly port: number;
  readonly accessKey: string;
  readonly secretKey: string;
  stop(): Promise<void>;
}

const run = promisify(execFile);
const fsid = "00000000-0000-4000-8000-000000000001";
const osd = "00000000-0000-4000-8000-000000000002";
const [accessKey, secretKey] = ["causeway-test", "not-a-secret-of-anyone"];

export async function startCeph(): Promise<Ceph> {
  const folder = await mkdtemp(join(tmpdir(), "causeway-ceph-"));
  const [monitor, port] = [await freePort(), await freePort()];
  const config = join(folder, "ceph.conf");
  const map = join(folder, "monmap");
  const children: ChildProcess[] = [];
  const start = (program: string, ...args: readonly string[]): void => {
    // A test that is killed takes them along.
    const all = ["--pdeathsig", "KILL", program, "-c", config, ...args, "-f"];
    children.push(spawn("setpriv", all, { stdio: "ignore" }));
  };
  const stop = async (): Promise<void> => {
    for (const child of children.toReversed()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill("SIGKILL"); // nothing of it is to be kept
      await once(child, "close");
    }
    await rm(folder, { recursive: true, force: true });
  };
  try {
    for (const name of ["mon", "osd", "run"]) await mkdir(join(folder, name));
    await writeFile(config, configuration(folder, monitor, port));
    const address = `[v2:127.0.0.1:${monitor}]`;
    await run("monmaptool", ["--create", "--addv", "a", address, "--fsid", fsid, map]);
    await run("ceph-mon", ["-c", config, "-i", "a", "--mkfs", "--monmap", map]);
    start("ceph-mon", "-i", "a");
    await run("ceph", ["-c", config, "osd", "new", osd]);
    await run("ceph-osd", ["-c", config, "-i", "0", "--mkfs", "--osd-uuid", osd]);
    start("ceph-osd", "-i", "0");
    const keys = ["--access-key", accessKey, "--secret-key", secretKey];
    const user = ["user", "create", "--uid", "vendor", "--display-name", "vendor", ...keys];
    await run("radosgw-admin", ["-c", config, "-n", "client.rgw", ...user]);
    start("radosgw", "-n", "client.rgw");
    await untilListening(port);
  } catch (cause) {
    await stop();
    throw cause;
  }
  return { endpoint: `http://127.0.0.1:${port}`, port, accessKey, secretKey, stop };
}

function configuration(folder: string, monitor: number, port: number): string {
  return `[global]
fsid = ${fsid}
mon host = v2:127.0.0.1:${monitor}
auth cluster required = none
auth service required = none
auth client required = none
paxos propose interval = 0.05
paxos min wait = 0.01
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon data avail warn = 0
mon data avail crit = 0
run dir = ${folder}/run
pid file =
admin socket =
log file =
mon cluster log file = /dev/null
[mon.a]
mon data = ${folder}/mon
[osd.0]
osd data = ${folder}/osd
osd objectstore = memstore
ms bind msgr1 = false
public addr = 127.0.0.1
cluster addr = 127.0.0.1
[client.rgw]
rgw data = ${folder}
rgw frontends = beast endpoint=127.0.0.1:${port} tcp_nodelay=1
ms mon client mode = crc
`;
}
