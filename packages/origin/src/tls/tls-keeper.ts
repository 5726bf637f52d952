import { randomBytes } from "node:crypto";
import { UsageError } from "@causeway/kernel";
import type { OriginLimits } from "../limits.ts";
import type { Log } from "../log.ts";
import { readPemFiles, stampOf, worriesOfMode } from "./pem-files.ts";
import { checkPair, type PemFiles, type PemPair } from "./pem-pair.ts";
import type { TlsMaterial } from "./tls-material.ts";

const pollMs = 500;
const sessionKeyBytes = 48; // name, HMAC and AES key of a ticket, as OpenSSL wants them

/**
 * What an origin speaks TLS with, kept current: it follows the two files, and changes the key
 * that seals sessions. One for all workers, in their supervisor: they change at the same time to
 * the same pair, whoever is started later gets it too, and a bad file is one line in the log. By
 * looking twice a second rather than by `fs.watch`: tools that renew replace files, links, or
 * folders, and some file systems tell of nothing.
 */
export class TlsKeeper {
  readonly #files: PemFiles;
  readonly #log: Log;
  readonly #timers: readonly NodeJS.Timeout[];
  readonly #onChange = new Set<(material: TlsMaterial) => void>();
  #material: TlsMaterial;
  #stamp: string;
  #looking = false;
  #complained = false;

  private constructor(
    files: PemFiles,
    stamp: string,
    material: TlsMaterial,
    limits: OriginLimits,
    log: Log,
  ) {
    this.#files = files;
    this.#stamp = stamp;
    this.#material = material;
    this.#log = log;
    this.#timers = [
      setInterval(() => void this.#look(), pollMs).unref(),
      setInterval(() => this.#change({ sessionKey: newKey() }), limits.tlsSessionKeyMs).unref(),
    ];
  }

  /** @throws {UsageError} `TLS_CERTIFICATE`, `TLS_KEY`, `TLS_MISMATCH` */
  static async open(files: PemFiles, limits: OriginLimits, log: Log): Promise<TlsKeeper> {
    const stamp = await stampOf(files);
    const pair = await readChecked(files, log);
    const material = { ...pair, sessionKey: newKey(), sessionSeconds: limits.tlsSessionSeconds };
    return new TlsKeeper(files, stamp, material, limits, log);
  }

  get material(): TlsMaterial {
    return this.#material;
  }

  /** Calls `told` whenever `material` has changed. */
  follow(told: (material: TlsMaterial) => void): void {
    this.#onChange.add(told);
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#onChange.clear();
  }

  async #look(): Promise<void> {
    if (this.#looking) return; // a file server may take longer than until the next time
    this.#looking = true;
    try {
      // Taken before the files are read: what is written later is read again.
      const stamp = await stampOf(this.#files);
      if (stamp === this.#stamp) return;
      this.#stamp = stamp;
      const pair = await readChecked(this.#files, this.#log);
      this.#complained = false;
      const { cert, key } = this.#material;
      if (pair.cert === cert && pair.key === key) return;
      this.#change(pair);
      const { certFile } = this.#files;
      this.#log({ level: "info", event: "tls-certificate-changed", fields: { certFile } });
    } catch (cause) {
      if (!(cause instanceof UsageError)) throw cause;
      this.#stamp = ""; // what cannot be read may only be so for now, as with too many files open
      this.#complain(cause);
    } finally {
      this.#looking = false;
    }
  }

  /** Once: one file is always written before the other. */
  #complain({ code, message }: UsageError): void {
    if (this.#complained) return;
    this.#complained = true;
    const fields = { code, message };
    this.#log({ level: "warn", event: "tls-certificate-kept", fields });
  }

  #change(change: Partial<PemPair> & { readonly sessionKey?: string }): void {
    this.#material = { ...this.#material, ...change };
    for (const told of this.#onChange) told(this.#material);
  }
}

async function readChecked(files: PemFiles, log: Log): Promise<PemPair> {
  const pair = await readPemFiles(files);
  const worries = [...checkPair(pair, files, new Date()), ...(await worriesOfMode(files))];
  for (const why of worries)
    log({ level: "warn", event: "tls-certificate-doubtful", fields: { why } });
  return pair;
}

function newKey(): string {
  return randomBytes(sessionKeyBytes).toString("base64");
}
