import type { RouteCode } from "@causeway/kernel";
import { bundleEntriesMax } from "./bundle-files.ts";

/** Where the bytes of a bundle are read. */
export interface ByteSource {
  readonly length: number;
  /** All of these bytes, which lie within `length`. */
  readAll(position: number, length: number): Promise<Buffer>;
}

/** One file of a bundle. */
export interface BundleEntry {
  /** Where its local header begins. */
  readonly offset: number;
  readonly length: number;
  /** Where the next one begins, or the directory. */
  readonly end: number;
}

export type Directory = ReadonlyMap<string, BundleEntry>;

const directoryLimits = {
  entriesMax: bundleEntriesMax,
  bytesMax: 64 * 1024 * 1024, // of so many, with names of 200 bytes
  nameMax: 1_100, // the longest path of a target, and its hash
} as const;

/** Why a file is not taken for a bundle. */
export class BundleFault extends Error {
  readonly code: RouteCode;

  constructor(code: RouteCode, message: string) {
    super(message);
    this.code = code;
  }
}

const signatures = {
  local: 0x04034b50,
  central: 0x02014b50,
  end: 0x06054b50,
  end64: 0x06064b50,
  locator64: 0x07064b50,
} as const;
const lengths = { local: 30, central: 46, end: 22, end64: 56, locator64: 20 } as const;
const max16 = 0xffff;
const max32 = 0xffff_ffff;
const zip64Extra = 0x0001;
// After the data the CRC and the lengths (bit 3), and UTF-8 (bit 11): nothing that we need.
const flagsAllowed = (1 << 3) | (1 << 11);

/**
 * Reads the list of files at the end of a ZIP file (PKWARE APPNOTE 6.3.10, sections 4.3.12 to
 * 4.3.16) of which nothing is compressed, encrypted, there twice or in the place of another.
 * @throws {BundleFault}; what the source throws
 */
export async function readDirectory(source: ByteSource): Promise<Directory> {
  const { count, start, end } = await findDirectory(source);
  if (count > directoryLimits.entriesMax || end - start > directoryLimits.bytesMax) {
    throw new BundleFault("ROUTE_ENDLESS", `lists ${count} files, more than any honest one does`);
  }
  const bytes = await source.readAll(start, end - start);
  const listed: Listed[] = [];
  let at = 0;
  for (let n = 0; n < count; n++) {
    const { entry, next } = readCentral(bytes, at);
    if (entry !== undefined) listed.push(entry);
    at = next;
  }
  if (at !== bytes.length) throw isNone("its list of files has a wrong length");
  return withEnds(listed, start);
}

/**
 * Where the bytes of an entry begin.
 * @throws {BundleFault} the entry's own header is not what the list says; parts of two bundles?
 */
export async function locate(
  source: ByteSource,
  name: string,
  { offset, length, end }: BundleEntry,
): Promise<number> {
  const header = await source.readAll(offset, lengths.local);
  const nameLength = header.readUInt16LE(26);
  const start = offset + lengths.local + nameLength + header.readUInt16LE(28);
  const isEntry = header.readUInt32LE(0) === signatures.local && header.readUInt16LE(8) === 0;
  if (isEntry && nameLength === name.length && start + length <= end) {
    const there = await source.readAll(offset + lengths.local, nameLength);
    if (there.toString("latin1") === name) return start;
  }
  throw isNone(`${name} is not where its list says; are its parts those of one bundle?`);
}

/** Where the list lies, and how many files it has. */
async function findDirectory(
  source: ByteSource,
): Promise<{ readonly count: number; readonly start: number; readonly end: number }> {
  const endAt = source.length - lengths.end;
  const record = endAt < 0 ? undefined : await source.readAll(endAt, lengths.end);
  if (record === undefined || record.readUInt32LE(0) !== signatures.end) {
    const text = "is cut off before its end; was it copied whole, and is no part missing?";
    throw new BundleFault("ROUTE_TRUNCATED", text);
  }
  const count = record.readUInt16LE(10);
  const length = record.readUInt32LE(12);
  const start = record.readUInt32LE(16);
  const isLong = count === max16 || length === max32 || start === max32;
  const found = isLong
    ? await findDirectory64(source, endAt)
    : { count, start, length, end: endAt, disks: record.readUInt32LE(4) };
  if (found.disks !== 0 || found.start + found.length !== found.end) {
    throw isNone("its list of files is not at its end");
  }
  return found;
}

async function findDirectory64(source: ByteSource, endAt: number) {
  const locatorAt = endAt - lengths.locator64;
  const recordAt = locatorAt - lengths.end64;
  if (recordAt < 0) throw isNone("it has no long list of files");
  const bytes = await source.readAll(recordAt, lengths.end64 + lengths.locator64);
  const locator = bytes.subarray(lengths.end64);
  const isRight =
    locator.readUInt32LE(0) === signatures.locator64 &&
    bytes.readUInt32LE(0) === signatures.end64 &&
    locator.readUInt32LE(4) === 0 &&
    readLong(locator, 8) === recordAt;
  if (!isRight) throw isNone("it has no long list of files");
  return {
    disks: bytes.readUInt32LE(16) + bytes.readUInt32LE(20),
    count: readLong(bytes, 32),
    length: readLong(bytes, 40),
    start: readLong(bytes, 48),
    end: recordAt,
  };
}

interface Listed extends Omit<BundleEntry, "end"> {
  readonly name: string;
}

/** @returns no entry for a folder */
function readCentral(
  bytes: Buffer,
  at: number,
): { readonly entry: Listed | undefined; readonly next: number } {
  const nameAt = at + lengths.central;
  if (nameAt > bytes.length || bytes.readUInt32LE(at) !== signatures.central) {
    throw isNone("its list of files ends too early");
  }
  const nameLength = bytes.readUInt16LE(at + 28);
  const extraAt = nameAt + nameLength;
  const extraEnd = extraAt + bytes.readUInt16LE(at + 30);
  const next = extraEnd + bytes.readUInt16LE(at + 32);
  if (next > bytes.length) throw isNone("its list of files ends too early");
  const name = bytes.toString("latin1", nameAt, extraAt);
  if (!isName(name)) {
    throw isNone(`it has a file of the name ${JSON.stringify(name.slice(0, 100))}`);
  }
  if ((bytes.readUInt16LE(at + 8) & ~flagsAllowed) !== 0 || bytes.readUInt16LE(at + 10) !== 0) {
    throw isNone(`${name} is compressed or encrypted; a bundle stores all as it is`);
  }
  const wide = readWide(bytes, at, extraAt, extraEnd);
  if (wide.packed !== wide.length || wide.disk !== 0) throw isNone(`${name} has two lengths`);
  const { length, offset } = wide;
  if (!name.endsWith("/")) return { entry: { name, length, offset }, next };
  if (length !== 0) throw isNone(`${name} is a folder that is a file`);
  return { entry: undefined, next };
}

/** The lengths and the place of an entry: what is too long for its fields lies in an extra one. */
function readWide(bytes: Buffer, at: number, extraAt: number, extraEnd: number) {
  let field: Buffer = bytes.subarray(0, 0);
  for (let from = extraAt; from + 4 <= extraEnd; ) {
    const end = from + 4 + bytes.readUInt16LE(from + 2);
    if (end > extraEnd) throw isNone("its list of files has a broken field");
    if (bytes.readUInt16LE(from) === zip64Extra) field = bytes.subarray(from + 4, end);
    from = end;
  }
  let taken = 0;
  const wide = (value: number): number => {
    if (value !== max32) return value;
    if (taken + 8 > field.length) throw isNone("its list of files lacks a length");
    taken += 8;
    return readLong(field, taken - 8);
  };
  return {
    length: wide(bytes.readUInt32LE(at + 24)),
    packed: wide(bytes.readUInt32LE(at + 20)),
    offset: wide(bytes.readUInt32LE(at + 42)),
    disk: bytes.readUInt16LE(at + 34),
  };
}

/** @param directoryAt where the last one has to end */
function withEnds(listed: readonly Listed[], directoryAt: number): Directory {
  const directory = new Map<string, BundleEntry>();
  const byOffset = listed.toSorted((a, b) => a.offset - b.offset);
  for (const [at, { name, length, offset }] of byOffset.entries()) {
    const end = byOffset[at + 1]?.offset ?? directoryAt;
    if (offset + lengths.local + name.length + length > end) {
      throw isNone(`${name} lies where another file does`);
    }
    if (directory.has(name)) throw isNone(`${name} is there twice`);
    directory.set(name, { offset, length, end });
  }
  return directory;
}

/** Of a file or a folder of a repository, as an unpacked bundle has it. */
function isName(name: string): boolean {
  if (name.length > directoryLimits.nameMax || !/^[A-Za-z0-9._~%/-]+$/.test(name)) return false;
  return name
    .replace(/\/$/, "")
    .split("/")
    .every((part) => part !== "" && part !== "." && part !== "..");
}

function readLong(bytes: Buffer, at: number): number {
  const value = bytes.readBigUInt64LE(at);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw isNone("it has a length beyond all measure");
  return Number(value);
}

function isNone(why: string): BundleFault {
  return new BundleFault("ROUTE_MISLABELLED", `is no bundle that can be used: ${why}`);
}
