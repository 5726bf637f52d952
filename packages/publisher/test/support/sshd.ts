import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort, untilListening } from "../../../../test/support/listening.ts";

/** Debian's sshd on loopback, with keys of its own, behind a wire that can be cut. */
export interface Sshd {
  readonly user: string;
  readonly port: number;
  /** Files of the client. */
  readonly key: string;
  readonly knownHosts: string;
  /** Bytes that came over the wire to the server. */
  received(): number;
  /** Breaks every connection once that many more bytes came; undefined for never. */
  cutAfter(bytes: number | undefined): void;
  /** From now on our key runs this command whatever it asks for; undefined for what it asks for. */
  force(command: string | undefined): Promise<void>;
  stop(): Promise<void>;
}

const run = promisify(execFile);

export async function startSshd(): Promise<Sshd> {
  const folder = await mkdtemp(join(tmpdir(), "causeway-sshd-"));
  const at = (name: string): string => join(folder, name);
  const [inner, port] = [await freePort(), await freePort()];
  for (const name of ["host", "key"]) {
    await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", at(name)]);
  }
  const publicKey = await readFile(at("key.pub"), "utf8");
  const hostKey = await readFile(at("host.pub"), "utf8");
  const force = async (command: string | undefined): Promise<void> => {
    const options = command === undefined ? "" : `command="${command.replaceAll('"', '\\"')}" `;
    await writeFile(at("authorized"), options + publicKey, { mode: 0o600 });
  };
  await force(undefined);
  await writeFile(at("known"), `[127.0.0.1]:${port} ${hostKey}`);
  const lines = [
    `Port ${inner}`,
    "ListenAddress 127.0.0.1",
    `HostKey ${at("host")}`,
    `AuthorizedKeysFile ${at("authorized")}`,
    "PidFile none",
    "StrictModes no",
    "UsePAM no",
    "PermitRootLogin yes",
    "SetEnv SHLVL=2", // else bash reads what this user has for a terminal, which may take seconds
    "PasswordAuthentication yes",
  ];
  await writeFile(at("config"), `${lines.join("\n")}\n`);
  if (process.getuid?.() === 0) await mkdir("/run/sshd", { recursive: true }); // it asks for it
  const options = ["--pdeathsig", "KILL", "/usr/sbin/sshd", "-D", "-e", "-f", at("config")];
  const child = spawn("setpriv", options, { stdio: "ignore" });
  const wire = new Wire(inner);
  await wire.start(port);
  await untilListening(inner);
  return {
    user: userInfo().username,
    port,
    key: at("key"),
    knownHosts: at("known"),
    received: () => wire.received,
    cutAfter: (bytes) => {
      wire.cutAt = bytes === undefined ? undefined : wire.received + bytes;
    },
    force,
    async stop() {
      wire.stop();
      child.kill("SIGKILL");
      await once(child, "close");
      await rm(folder, { recursive: true, force: true });
    },
  };
}

class Wire {
  received = 0;
  cutAt: number | undefined;
  readonly #open = new Set<Socket>();
  readonly #server = createServer((near) => this.#join(near));
  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
  }

  async start(port: number): Promise<void> {
    this.#server.listen(port, "127.0.0.1");
    await once(this.#server, "listening");
  }

  stop(): void {
    this.#server.close();
    for (const socket of this.#open) socket.destroy();
  }

  #join(near: Socket): void {
    const far = connect(this.#port, "127.0.0.1");
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#open.add(one);
      one.on("error", () => undefined);
      one.on("close", () => {
        this.#open.delete(one);
        other.destroy();
      });
    }
    near.on("data", (bytes: Buffer) => {
      this.received += bytes.length;
      if (this.received > (this.cutAt ?? Infinity)) near.destroy();
    });
    near.pipe(far).pipe(near);
  }
}
