import { randomBytes } from "node:crypto";
import { tryFileLock } from "@causeway/client/internal/file-lock";
import { HostError, type Instant, toUtcSecond } from "@causeway/kernel";
import { readBounded } from "../read-bounded.ts";
import { replaceFile } from "../replace-file.ts";
import { keySpreadMs, signingKey } from "./signing-key.ts";
import {
  decodeTicketKeys,
  encodeTicketKeys,
  type TicketKey,
  ticketKeyFileBytesMax,
  ticketKeysMax,
} from "./ticket-key-file.ts";

const secretBytes = 32; // RFC 7518 section 3.2: as many as the hash has
const kidBytes = 6;

/** What a rotation did. */
export interface TicketKeysRotated {
  readonly file: string;
  readonly newKid: string;
  /** The one before, whose tickets are still good; null when there was none. */
  readonly oldKid: string | null;
  /** The one whose tickets are worth nothing from now on; null when there was none. */
  readonly endedKid: string | null;
  /** When the new key begins to sign. */
  readonly signsFrom: string;
}

/** A key as people may see it. */
export interface ListedTicketKey {
  readonly kid: string;
  /** `signs`: also accepted; `waits`: accepted, and will sign; `accepted`: gave way to a new one. */
  readonly state: "signs" | "waits" | "accepted";
  readonly createdAt: string;
}

/** @returns the keys, the newest first; undefined when there is no such file. @throws {HostError} {UsageError} `KEY_UNREADABLE` */
export async function readTicketKeys(file: string): Promise<readonly TicketKey[] | undefined> {
  const bytes = await readBounded(file, ticketKeyFileBytesMax);
  return bytes && decodeTicketKeys(bytes, file);
}

/** What `keys list` says of the file; nothing when there is none. Throws as `readTicketKeys`. */
export async function listTicketKeys(
  file: string,
  now: Instant = Date.now(),
): Promise<readonly ListedTicketKey[]> {
  const keys = (await readTicketKeys(file)) ?? [];
  const signs = keys.findIndex((key) => key === signingKey(keys, now));
  return keys.map(({ kid, createdAt }, at) => ({
    kid,
    state: at === signs ? "signs" : at < signs ? "waits" : "accepted",
    createdAt: toUtcSecond(createdAt),
  }));
}

/**
 * Adds a new key and leaves out the oldest of more than two; makes the file (0600) when it is
 * missing. Whoever follows the file accepts the new key's tickets within a second; it signs five
 * minutes later.
 * @throws {HostError} `HOST_BUSY` while another rotation is at work
 * @throws {UsageError} `KEY_UNREADABLE`
 */
export async function rotateTicketKeys(
  file: string,
  now: Instant = Date.now(),
): Promise<TicketKeysRotated> {
  const lock = tryFileLock(`${file}.lock`);
  if (lock === undefined) throw new HostError("HOST_BUSY", `${file} is being rotated already.`);
  try {
    const before = (await readTicketKeys(file)) ?? [];
    const key: TicketKey = {
      kid: randomBytes(kidBytes).toString("hex"),
      secret: randomBytes(secretBytes).toString("base64url"),
      createdAt: Math.floor(now / 1000) * 1000,
    };
    const kept = before.slice(0, ticketKeysMax - 1);
    await replaceFile(file, encodeTicketKeys([key, ...kept]), 0o600);
    const signsFrom = key.createdAt + (kept.length === 0 ? 0 : keySpreadMs);
    return {
      file,
      newKid: key.kid,
      oldKid: kept[0]?.kid ?? null,
      endedKid: before[ticketKeysMax - 1]?.kid ?? null,
      signsFrom: toUtcSecond(signsFrom),
    };
  } finally {
    lock.release();
  }
}
