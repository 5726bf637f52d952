import { isIPv4, isIPv6 } from "node:net";

/** What an address stands for when shares are counted. */
export interface AddressPrefix {
  /** One machine, or one household: /32 of IPv4, /64 of IPv6. */
  readonly near: Uint8Array;
  /** The network that it belongs to: /24 of IPv4, /48 of IPv6. */
  readonly wide: Uint8Array;
}

const bytesOfAddress = 16;
const bytesOfWideIPv4 = 15;
const mapped = [0, 0, 0, 0, 0, 0xffff]; // RFC 4291 section 2.5.5.2
const mappedText = "::ffff:";
const dot = ".".charCodeAt(0);
const zero = "0".charCodeAt(0);

/** Reads a socket's address; IPv4 in the guise of IPv6 is IPv4. @returns undefined if it is none */
export function prefixOf(address: string | undefined): AddressPrefix | undefined {
  const dotted = ipv4Of(address);
  if (dotted !== undefined) return prefixOfIPv4(bytesOfIPv4(dotted));
  if (address === undefined || !isIPv6(address)) return undefined;
  const groups = groupsOfIPv6(address);
  const bytes = new Uint8Array(bytesOfAddress);
  const view = new DataView(bytes.buffer);
  groups.forEach((group, at) => view.setUint16(at * 2, group));
  if (mapped.every((group, at) => group === groups[at])) return prefixOfIPv4(bytes);
  return { near: bytes.subarray(0, 8), wide: bytes.subarray(0, 6) };
}

/** A text that is equal for all addresses of one network (/24, /48); empty for what is no address. */
export function networkKeyOf(address: string | undefined): string {
  const dotted = ipv4Of(address);
  if (dotted !== undefined) return dotted.slice(0, dotted.lastIndexOf("."));
  const wide = prefixOf(address)?.wide;
  return (wide?.length === bytesOfWideIPv4 ? wide.subarray(12) : wide)?.join(".") ?? "";
}

/** The address in four numbers, as a socket tells it on its own or in the guise of IPv6. */
function ipv4Of(address: string | undefined): string | undefined {
  const plain = address?.startsWith(mappedText) ? address.slice(mappedText.length) : address;
  return plain !== undefined && isIPv4(plain) ? plain : undefined;
}

function prefixOfIPv4(bytes: Uint8Array): AddressPrefix {
  return { near: bytes, wide: bytes.subarray(0, bytesOfWideIPv4) };
}

/** Read by hand, since each new connection is asked for it. */
function bytesOfIPv4(address: string): Uint8Array {
  const bytes = new Uint8Array(bytesOfAddress);
  bytes[10] = 0xff;
  bytes[11] = 0xff;
  let at = 12;
  let value = 0;
  for (let index = 0; index < address.length; index++) {
    const code = address.charCodeAt(index);
    if (code === dot) {
      bytes[at++] = value;
      value = 0;
    } else {
      value = value * 10 + code - zero;
    }
  }
  bytes[at] = value;
  return bytes;
}

/** The eight groups of 16 bits. */
function groupsOfIPv6(address: string): readonly number[] {
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
