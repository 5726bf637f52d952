import { randomBytes } from "node:crypto";
import { type FileLock, tryFileLock } from "@causeway/client/internal/file-lock";
import { HostError, type Instant, toUtcSecond } from "@causeway/kernel";
import { noPolicy, type Policy } from "../policy/policy.ts";
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
import { keysUnder } from "./ticket-key-ring.ts";

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
  /**
   * `signs`: also accepted; `waits`: accepted, and will sign; `accepted`: gave way to a new one;
   * `revoked`: its tickets are good no more.
   */
  readonly state: "signs" | "waits" | "accepted" | "revoked";
  readonly createdAt: string;
}

/** @returns the keys, the newest first; undefined when there is no such file. @throws {HostError} {UsageError} `KEY_UNREADABLE` */
export async function readTicketKeys(file: string): Promise<readonly TicketKey[] | undefined> {
  const bytes = await readBounded(file, ticketKeyFileBytesMax);
  return bytes && decodeTicketKeys(bytes, file);
}

/**
 * What `keys list` says of the file; nothing when there is none. Throws as `readTicketKeys`.
 * @param policy what operators have said of keys
 */
export async function listTicketKeys(
  file: string,
  policy: Pick<Policy, "revokedKeys" | "signingKey"> = noPolicy,
  now: Instant = Date.now(),
): Promise<readonly ListedTicketKey[]> {
  const keys = (await readTicketKeys(file)) ?? [];
  return listedKeys(keys, keysUnder(policy, keys), now);
}

/** The keys of a file without their secrets; of them `inForce` are not revoked. */
export function listedKeys(
  keys: readonly TicketKey[],
  inForce: readonly TicketKey[],
  now: Instant,
): readonly ListedTicketKey[] {
  const good = new Set(inForce.map(({ kid }) => kid));
  const signs = keys.findIndex(({ kid }) => kid === signingKey(inForce, now)?.kid);
  return keys.map(({ kid, createdAt }, at) => ({
    kid,
    state: !good.has(kid) ? "revoked" : at === signs ? "signs" : at < signs ? "waits" : "accepted",
    createdAt: toUtcSecond(createdAt),
  }));
}

/**
 * Puts these keys into the file as one step, whatever it had (0600).
 * @throws {HostError} `HOST_BUSY` while a rotation is at work
 */
export async function replaceTicketKeys(file: string, keys: readonly TicketKey[]): Promise<void> {
  const lock = lockKeys(file);
  try {
    await replaceFile(file, encodeTicketKeys(keys), 0o600);
  } finally {
    lock.release();
  }
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
  const lock = lockKeys(file);
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

function lockKeys(file: string): FileLock {
  const lock = tryFileLock(`${file}.lock`);
  if (lock !== undefined) return lock;
  throw new HostError("HOST_BUSY", `${file} is being changed already.`);
}
