import type { Brand } from "./brand.ts";
import { CheckedText, checkedTextLength, toCheckedText } from "./checked-text.ts";
import { AnnouncementError, UsageError } from "./errors.ts";
import { toHex, writeHex } from "./hex.ts";
import { invariant } from "./invariant.ts";
import type { Sha256 } from "./names.ts";
import type { Instant } from "./ports.ts";
import { normalRouteUrl, routeUrlsMax } from "./route-list.ts";
import { isShardKey, type ShardKey, sealedLimits } from "./sealed-route.ts";

/**
 * Which repository: the first 16 hexadecimal digits of the SHA-256 of what its first root signs, in
 * canonical form.
 */
export type RepositoryId = Brand<string, "RepositoryId">;

/** What a short signed code says to clients that have lost their routes. Format: docs/announcement.md. */
export interface Announcement {
  readonly repository: RepositoryId;
  /** Grows with each announcement of the repository; 1 to 2^32-1. */
  readonly sequence: number;
  /** A whole minute. */
  readonly expires: Instant;
  /** Up to four, http or https, as `normalRouteUrl` writes them. */
  readonly urls: readonly string[];
  /** Up to four keys of shards, for sealed routes that stand in the signed list; not empty. */
  readonly shardKeys?: readonly ShardKey[];
}

export const announcementLimits = {
  bytesMax: 700, // four URLs of 120 characters, and still a QR code that phones read
  textLengthMax: 4096, // with whatever stands between the groups
  urlBytesMax: 255, // without scheme and last slash
  sequenceMax: 0xffff_ffff,
  shardKeysMax: 4,
  lifeMsMax: 90 * 24 * 3_600_000, // a code cannot be taken back, and stands in newspapers
} as const;

const version = 1;
const headLength = 19; // version, length, repository, sequence, expiry
const signatureLength = 64;
const minuteMs = 60_000;
// No other thing that the keys of `routes` sign begins so.
const domain = new TextEncoder().encode("causeway announcement\0");

const shardKeyKind = 16;
const shardKeyLength = 34; // the shard's number in two bytes, and its key

/** Kinds of item that are routes. Kinds that a reader does not know are passed over. */
const schemes: ReadonlyMap<number, string> = new Map([
  [1, "https://"],
  [2, "http://"],
]);

export function toRepositoryId(firstRoot: Sha256): RepositoryId {
  return firstRoot.slice(0, 16) as RepositoryId;
}

/**
 * The bytes of an announcement but for its signature.
 * @throws {UsageError} `USAGE_ARGUMENT` when the URLs are no such URLs, or too long
 */
export function encodeAnnouncement(announcement: Announcement): Uint8Array {
  const { repository, sequence, expires, urls, shardKeys = [] } = announcement;
  invariant(/^[0-9a-f]{16}$/.test(repository), "a repository's id has 16 digits");
  const { sequenceMax, bytesMax } = announcementLimits;
  const isSequence = Number.isInteger(sequence) && sequence >= 1 && sequence <= sequenceMax;
  invariant(isSequence, "a sequence is within four bytes");
  if (urls.length > routeUrlsMax) {
    throw new UsageError("USAGE_ARGUMENT", `an announcement has at most ${routeUrlsMax} routes.`);
  }
  invariant(shardKeys.length <= announcementLimits.shardKeysMax, "an announcement has few keys");
  invariant(urls.length + shardKeys.length > 0, "an announcement brings something");
  const parts = [...urls.map(encodeUrl), ...shardKeys.map(encodeShardKey)];
  const itemsLength = parts.reduce((sum, part) => sum + part.length, 0);
  const bytes = new Uint8Array(headLength + itemsLength);
  if (bytes.length + signatureLength > bytesMax) {
    const long = "these URLs are too long together for one announcement; make two of them";
    throw new UsageError("USAGE_ARGUMENT", `${long}.`);
  }
  const minutes = Math.floor(expires / minuteMs);
  invariant(minutes >= 0 && minutes <= sequenceMax, "an expiry is within four bytes");
  const view = new DataView(bytes.buffer);
  view.setUint8(0, version);
  view.setUint16(1, bytes.length + signatureLength);
  writeHex(repository, bytes, 3);
  view.setUint32(11, sequence);
  view.setUint32(15, minutes);
  let at = headLength;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function encodeUrl(url: string): Uint8Array {
  const [kind, scheme] = [...schemes].find(([, start]) => url.startsWith(start)) ?? [];
  const isNormal = normalRouteUrl(url) === url;
  const text = new TextEncoder().encode(url.slice(scheme?.length, -1));
  const isShort = text.length <= announcementLimits.urlBytesMax;
  if (kind !== undefined && isNormal && isShort) return Uint8Array.of(kind, text.length, ...text);
  const what = isShort ? "can stand in no announcement; https or http can" : "is too long";
  throw new UsageError("USAGE_ARGUMENT", `${url.slice(0, 300)} ${what}.`);
}

function encodeShardKey({ shard, key }: ShardKey): Uint8Array {
  const bytes = new Uint8Array(2 + shardKeyLength);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, shardKeyKind);
  view.setUint8(1, shardKeyLength);
  view.setUint16(2, shard);
  const binary = atob(key.replaceAll("-", "+").replaceAll("_", "/"));
  bytes.set(
    Uint8Array.from(binary, (letter) => letter.charCodeAt(0)),
    4,
  );
  return bytes;
}

/** What the signature is over: these bytes after words that no other document begins with. */
export function announcementMessage(body: Uint8Array): Uint8Array {
  const message = new Uint8Array(domain.length + body.length);
  message.set(domain);
  message.set(body, domain.length);
  return message;
}

/** The code, as people copy it. @param signature Ed25519, over `announcementMessage(body)` */
export function announcementText(body: Uint8Array, signature: Uint8Array): string {
  invariant(signature.length === signatureLength, "an Ed25519 signature has 64 bytes");
  const bytes = new Uint8Array(body.length + signatureLength);
  bytes.set(body);
  bytes.set(signature, body.length);
  return toCheckedText(bytes);
}

/** An announcement that nobody has vouched for yet. */
export interface UnverifiedAnnouncement extends Announcement {
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

/**
 * Reads a code as it was typed, without a look at its signature.
 * @throws {AnnouncementError} `ANNOUNCEMENT_MALFORMED`, `ANNOUNCEMENT_MISTYPED`,
 *   `ANNOUNCEMENT_TRUNCATED`
 */
export function readAnnouncement(text: string): UnverifiedAnnouncement {
  if (text.length > announcementLimits.textLengthMax) throw malformed("is longer than any");
  const typed = new CheckedText(text);
  const head = typed.firstBytes();
  if (head.length === 0) throw truncated();
  const length = new DataView(head.buffer, head.byteOffset).getUint16(1);
  if (head[0] !== version) throw malformed("is none, or of a newer kind; update this program");
  const isPossible = length > headLength + signatureLength && length <= announcementLimits.bytesMax;
  if (!isPossible) throw malformed("has a length that none has");
  const bytes = typed.bytes(length);
  if (bytes.length < length) throw truncated();
  if (typed.length > checkedTextLength(length)) throw malformed("goes on after its end");
  return decode(bytes);
}

function decode(bytes: Uint8Array): UnverifiedAnnouncement {
  const body = bytes.subarray(0, -signatureLength);
  const view = new DataView(body.buffer, body.byteOffset);
  const sequence = view.getUint32(11);
  if (sequence === 0) throw malformed("has no sequence number");
  return {
    repository: toHex(body.subarray(3, 11)) as RepositoryId,
    sequence,
    expires: view.getUint32(15) * minuteMs,
    ...itemsIn(body.subarray(headLength)),
    message: announcementMessage(body),
    signature: bytes.subarray(-signatureLength),
  };
}

function itemsIn(bytes: Uint8Array): Pick<Announcement, "urls" | "shardKeys"> {
  const urls = new Set<string>();
  const shardKeys: ShardKey[] = [];
  for (let at = 0; at < bytes.length; ) {
    const [kind = 0, length] = bytes.subarray(at, at + 2);
    const item = bytes.subarray(at + 2, at + 2 + (length ?? 0));
    if (length === undefined || item.length < length)
      throw malformed("has an item that does not end");
    at += 2 + length;
    const scheme = schemes.get(kind);
    if (scheme !== undefined) urls.add(urlIn(scheme, item));
    else if (kind === shardKeyKind) shardKeys.push(shardKeyIn(item));
  }
  if (urls.size + shardKeys.length === 0) throw malformed("has no route that this version knows");
  if (urls.size > routeUrlsMax) throw malformed("has too many routes");
  if (shardKeys.length > announcementLimits.shardKeysMax) throw malformed("has too many keys");
  return { urls: [...urls], ...(shardKeys.length > 0 && { shardKeys }) };
}

function urlIn(scheme: string, item: Uint8Array): string {
  const url = `${scheme}${String.fromCharCode(...item)}/`;
  if (normalRouteUrl(url) !== url) throw malformed("has a route whose URL has a wrong form");
  return url;
}

function shardKeyIn(item: Uint8Array): ShardKey {
  if (item.length !== shardKeyLength) throw malformed("has a key of a wrong length");
  const shard = ((item[0] ?? 0) << 8) | (item[1] ?? 0);
  if (shard < 1 || shard > sealedLimits.shardMax) throw malformed("has a key of no shard");
  const key = btoa(String.fromCharCode(...item.subarray(2)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
  invariant(isShardKey(key), "32 bytes in base64url are the text of a key");
  return { shard, key };
}

/** What a client holds an announcement against. */
export interface AnnouncementTrust {
  /** Of the pinned root; undefined when that was not the first: then the signature alone tells. */
  readonly repository: RepositoryId | undefined;
  /** The highest sequence that was taken from this repository; 0 when none was. */
  readonly takenSequence: number;
  /** By the trusted clock. */
  readonly now: Instant;
  /** How far ahead an end may be; absent where the clock is wrong and cannot tell. */
  readonly lifeMsMax?: number;
  /** True when one of the keys that the trusted `targets` names for `routes` signed the message. */
  verifies(message: Uint8Array, signature: Uint8Array): boolean;
}

/**
 * Reads a code and judges it.
 * @throws {AnnouncementError} those of `readAnnouncement`, then the first that holds of
 *   `ANNOUNCEMENT_FOREIGN`, `ANNOUNCEMENT_FORGED`, `ANNOUNCEMENT_EXPIRED`, `ANNOUNCEMENT_ENDLESS`,
 *   `ANNOUNCEMENT_REPLAYED`
 */
export function openAnnouncement(text: string, trust: AnnouncementTrust): Announcement {
  const { message, signature, ...announcement } = readAnnouncement(text);
  const { repository, expires, sequence } = announcement;
  if (trust.repository !== undefined && repository !== trust.repository) {
    const what = `it speaks of the repository ${repository}, and this one is ${trust.repository}`;
    throw new AnnouncementError("ANNOUNCEMENT_FOREIGN", `${what}; take the code of this vendor.`);
  }
  if (!trust.verifies(message, signature)) {
    const what = "no key that the vendor named for routes has signed this announcement";
    throw new AnnouncementError("ANNOUNCEMENT_FORGED", `${what}; do not use what it says.`);
  }
  if (expires <= trust.now) {
    const when = new Date(expires).toISOString();
    const what = `the announcement was good until ${when}; ask the vendor for a newer one`;
    throw new AnnouncementError("ANNOUNCEMENT_EXPIRED", `${what}.`);
  }
  if (trust.lifeMsMax !== undefined && expires > trust.now + trust.lifeMsMax) {
    const when = new Date(expires).toISOString();
    const what = `the announcement would be good until ${when}, longer than any may be`;
    throw new AnnouncementError("ANNOUNCEMENT_ENDLESS", `${what}; is this machine's clock right?`);
  }
  if (sequence <= trust.takenSequence) {
    const what = `it is number ${sequence}, and number ${trust.takenSequence} was taken already`;
    throw new AnnouncementError("ANNOUNCEMENT_REPLAYED", `${what}; nothing has changed.`);
  }
  return announcement;
}

function malformed(what: string): AnnouncementError {
  return new AnnouncementError("ANNOUNCEMENT_MALFORMED", `the announcement ${what}.`);
}

function truncated(): AnnouncementError {
  const message = "the announcement ends too early; copy all of it, to the last group.";
  return new AnnouncementError("ANNOUNCEMENT_TRUNCATED", message);
}
