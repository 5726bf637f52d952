import { open } from "node:fs/promises";
import { isMissing, toHostError } from "@causeway/client/internal/host-error";
import { Fields, parseJson, TrustError, UsageError } from "@causeway/kernel";

/** A key that tickets are signed with; the HMAC key is the text of `secret`. */
export interface EdgeKey {
  readonly kid: string;
  readonly secret: string;
}

const bytesMax = 4 * 1024;
const keysMax = 2; // one whose tickets are out, and one that takes its place
const kidShape = /^[\w-]{1,32}$/;
const secretShape = /^[\w-]{43,128}$/; // base64url of at least 256 bits

/**
 * Reads `keys/tickets.json`. No message has anything of a secret in it.
 * @returns no key when there is no such file
 * @throws {UsageError} `KEY_UNREADABLE`
 * @throws {HostError} the file cannot be read
 */
export async function readEdgeKeys(file: string): Promise<readonly EdgeKey[]> {
  const bytes = await readUpTo(file, bytesMax + 1);
  if (bytes === undefined) return [];
  try {
    if (bytes.length > bytesMax) throw new TrustError("TRUST_LIMIT", "it", "is too long");
    const keys = new Fields(parseJson(bytes, "it"), "it").objects("keys", keysMax);
    return keys.map((fields) => ({
      kid: fields.matching("kid", (text): text is string => kidShape.test(text)),
      secret: fields.matching("secret", (text): text is string => secretShape.test(text)),
    }));
  } catch (cause) {
    if (!(cause instanceof TrustError)) throw cause;
    const what = `${file} holds no ticket keys: ${cause.message}; restore it from a copy.`;
    throw new UsageError("KEY_UNREADABLE", what);
  }
}

async function readUpTo(file: string, length: number): Promise<Uint8Array | undefined> {
  try {
    await using handle = await open(file, "r");
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, 0);
    return buffer.subarray(0, bytesRead);
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw toHostError(cause, `read ${file}`);
  }
}

/**
 * The lines of HAProxy's map from a ticket's first part to the secret that signed it. An HAProxy
 * so reads no JSON before the signature holds, and no ticket can choose its algorithm: the whole
 * header is one of the few that our keys sign with (RFC 8725 section 3.1).
 */
export function keyMapLines(keys: readonly EdgeKey[]): readonly string[] {
  return keys.map(({ kid, secret }) => {
    const header = JSON.stringify({ alg: "HS256", typ: "JWT", kid });
    return `${Buffer.from(header).toString("base64url")} ${secret}`;
  });
}
