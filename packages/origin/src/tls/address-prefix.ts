import { isIPv4, isIPv6 } from "node:net";

/** What an address stands for when shares are counted. */
export interface AddressPrefix {
  /** One machine, or one household: /32 of IPv4, /64 of IPv6. */
  readonly near: Uint8Array;
  /** The network that it belongs to: /24 of IPv4, /48 of IPv6. */
  readonly wide: Uint8Array;
}

const bytesOfAddress = 16;
const mapped = [0, 0, 0, 0, 0, 0xffff]; // RFC 4291 section 2.5.5.2

/** Reads a socket's address; IPv4 in the guise of IPv6 is IPv4. @returns undefined if it is none */
export function prefixOf(address: string | undefined): AddressPrefix | undefined {
  const groups = address === undefined ? undefined : groupsOf(address);
  if (groups === undefined) return undefined;
  const bytes = new Uint8Array(bytesOfAddress);
  const view = new DataView(bytes.buffer);
  groups.forEach((group, at) => view.setUint16(at * 2, group));
  const isV4 = mapped.every((group, at) => group === groups[at]);
  return isV4
    ? { near: bytes, wide: bytes.subarray(0, 15) }
    : { near: bytes.subarray(0, 8), wide: bytes.subarray(0, 6) };
}

/** The eight groups of 16 bits of an IPv6 address. */
function groupsOf(address: string): readonly number[] | undefined {
  if (isIPv4(address)) return [...mapped, ...lastTwo(address)];
  if (!isIPv6(address)) return undefined;
  const [plain = ""] = address.split("%"); // a zone says which link, not who
  const [left = "", right] = plain.split("::");
  const head = groupsIn(left);
  if (right === undefined) return head;
  const tail = groupsIn(right);
  return [...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}

function groupsIn(text: string): readonly number[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    return group.includes(".") ? lastTwo(group) : [Number.parseInt(group, 16)];
  });
}

function lastTwo(dotted: string): readonly number[] {
  const [a = 0, b = 0, c = 0, d = 0] = dotted.split(".").map(Number);
  return [a * 256 + b, c * 256 + d];
}
