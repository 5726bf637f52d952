import {
  Fields,
  type Instant,
  isUtcSecond,
  malformed,
  parseJson,
  TrustError,
  toUtcSecond,
  UsageError,
} from "@causeway/kernel";
import type { SigningKey } from "./ticket.ts";

/** A key of the vendor's origins and edges. */
export interface TicketKey extends SigningKey {
  /** A whole second. */
  readonly createdAt: Instant;
  /** An operator has named it as the one that signs, until then; in no file. */
  readonly signsUntil?: Instant;
}

/** One whose tickets are out, and one that takes its place. */
export const ticketKeysMax = 2;
export const ticketKeyFileBytesMax = 4 * 1024;

const kidShape = /^[\w-]{1,32}$/;
// 256 random bits take 43 characters; whoever sets a secret by other means may have more.
const secretShape = /^[\w-]{43,128}$/;

/** Whether a text can be the id of a key. */
export function isKid(text: string): text is string {
  return kidShape.test(text);
}

/** The id of a key that somebody has typed. @throws {UsageError} `USAGE_ARGUMENT` */
export function keyId(text: string): string {
  const shown = JSON.stringify(text.slice(0, 80));
  if (isKid(text)) return text;
  throw new UsageError(
    "USAGE_ARGUMENT",
    `${shown} is no id of a ticket key; keys list tells them.`,
  );
}

/** The file's bytes, the newest key first. */
export function encodeTicketKeys(keys: readonly TicketKey[]): Uint8Array {
  const shown = keys.map(({ kid, secret, createdAt }) => {
    return { kid, secret, createdAt: toUtcSecond(createdAt) };
  });
  return Buffer.from(`${JSON.stringify({ keys: shown }, undefined, 2)}\n`);
}

/**
 * Reads a file of ticket keys. No message has anything of a secret in it.
 * @param file for the message
 * @throws {UsageError} `KEY_UNREADABLE`
 */
export function decodeTicketKeys(bytes: Uint8Array, file: string): readonly TicketKey[] {
  const wrong = (why: string): UsageError => {
    const remedy = "restore it from a copy, or move it away and run causeway keys rotate tickets";
    return new UsageError("KEY_UNREADABLE", `${file} holds no ticket keys: ${why}; ${remedy}.`);
  };
  if (bytes.length > ticketKeyFileBytesMax) throw wrong("it is too long");
  try {
    const fields = new Fields(parseJson(bytes, "it"), "it");
    refuseOthers(fields, ["keys"]);
    const keys = fields.objects("keys", ticketKeysMax).map(decodeKey);
    if (keys.length === 0) throw wrong("there is none in it");
    if (new Set(keys.map(({ kid }) => kid)).size < keys.length) throw wrong("two have one kid");
    return keys.toSorted((a, b) => b.createdAt - a.createdAt);
  } catch (cause) {
    if (!(cause instanceof TrustError)) throw cause;
    throw wrong(cause.message);
  }
}

function decodeKey(fields: Fields): TicketKey {
  refuseOthers(fields, ["kid", "secret", "createdAt"]);
  return {
    kid: fields.matching("kid", isKid),
    secret: fields.matching("secret", (text): text is string => secretShape.test(text)),
    createdAt: Date.parse(fields.matching("createdAt", isUtcSecond)),
  };
}

/** A member that is not known may be a known one, mistyped. */
function refuseOthers(fields: Fields, known: readonly string[]): void {
  for (const [name] of fields.entries()) {
    if (!known.includes(name)) throw malformed("it", `has a member beside ${known.join(", ")}`);
  }
}
