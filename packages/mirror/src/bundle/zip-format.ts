/** A file of a ZIP file, which is stored as it is. */
export interface ZipEntry {
  /** ASCII, with `/` between parts. */
  readonly name: string;
  readonly length: number;
  /** Where its local header begins. */
  readonly offset: number;
  readonly crc32: number;
}

const max16 = 0xffff;
const max32 = 0xffff_ffff;
const localLength = 30;
const zip64Extra = 0x0001;
const versionNeeded = 45; // ZIP64
const madeBy = (3 << 8) | versionNeeded; // Unix, so that the mode below is one
const plainFile = 0o100644;
const date = (1 << 5) | 1; // 1 January 1980, of all: what is the same gives the same bytes

/** Where each file begins, one after the other, and where their list does. */
export function placeEntries(
  files: readonly { readonly name: string; readonly length: number }[],
): {
  readonly entries: readonly ZipEntry[];
  readonly directoryAt: number;
} {
  let offset = 0;
  const entries = files.map(({ name, length }) => {
    const entry = { name, length, offset, crc32: 0 };
    offset += dataOffset(entry) - offset + length;
    return entry;
  });
  return { entries, directoryAt: offset };
}

/** Where the file's own bytes begin. */
export function dataOffset({ name, length, offset }: ZipEntry): number {
  return offset + localLength + name.length + (length >= max32 ? 20 : 0);
}

/** What stands before the file's bytes (PKWARE APPNOTE 6.3.10, section 4.3.7). */
export function localHeader(entry: ZipEntry): Buffer {
  const { name, length } = entry;
  const header = Buffer.alloc(dataOffset(entry) - entry.offset);
  header.writeUInt32LE(0x04034b50, 0);
  writeCommon(header, 4, entry);
  header.write(name, localLength, "latin1");
  if (length >= max32) writeExtra(header, localLength + name.length, [length, length]);
  return header;
}

/** The list of files, and the end (sections 4.3.12 to 4.3.16). */
export function directoryOf(entries: readonly ZipEntry[], directoryAt: number): Buffer {
  const list = Buffer.concat(entries.map(centralHeader));
  const isLong = entries.length >= max16 || list.length >= max32 || directoryAt >= max32;
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(isLong ? max16 : entries.length, 8);
  end.writeUInt16LE(isLong ? max16 : entries.length, 10);
  end.writeUInt32LE(isLong ? max32 : list.length, 12);
  end.writeUInt32LE(isLong ? max32 : directoryAt, 16);
  if (!isLong) return Buffer.concat([list, end]);
  const record = Buffer.alloc(56);
  record.writeUInt32LE(0x06064b50, 0);
  writeLong(record, 4, record.length - 12);
  record.writeUInt16LE(madeBy, 12);
  record.writeUInt16LE(versionNeeded, 14);
  writeLong(record, 24, entries.length);
  writeLong(record, 32, entries.length);
  writeLong(record, 40, list.length);
  writeLong(record, 48, directoryAt);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  writeLong(locator, 8, directoryAt + list.length);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([list, record, locator, end]);
}

function centralHeader(entry: ZipEntry): Buffer {
  const { name, length, offset } = entry;
  const long = [...(length >= max32 ? [length, length] : []), ...(offset >= max32 ? [offset] : [])];
  const extraLength = long.length === 0 ? 0 : 4 + 8 * long.length;
  const header = Buffer.alloc(46 + name.length + extraLength);
  header.writeUInt32LE(0x02014b50, 0);
  header.writeUInt16LE(madeBy, 4);
  writeCommon(header, 6, entry);
  header.writeUInt16LE(extraLength, 30);
  header.writeUInt32LE(plainFile * 0x10000, 38);
  header.writeUInt32LE(Math.min(offset, max32), 42);
  header.write(name, 46, "latin1");
  if (long.length > 0) writeExtra(header, 46 + name.length, long);
  return header;
}

/** What both headers say in the same words. */
function writeCommon(header: Buffer, at: number, { name, length, crc32 }: ZipEntry): void {
  header.writeUInt16LE(versionNeeded, at);
  header.writeUInt16LE(date, at + 8);
  header.writeUInt32LE(crc32, at + 10);
  header.writeUInt32LE(Math.min(length, max32), at + 14);
  header.writeUInt32LE(Math.min(length, max32), at + 18);
  header.writeUInt16LE(name.length, at + 22);
  const isLocal = at === 4;
  if (isLocal) header.writeUInt16LE(length >= max32 ? 20 : 0, at + 24);
}

function writeExtra(header: Buffer, at: number, values: readonly number[]): void {
  header.writeUInt16LE(zip64Extra, at);
  header.writeUInt16LE(8 * values.length, at + 2);
  for (const [n, value] of values.entries()) writeLong(header, at + 4 + 8 * n, value);
}

function writeLong(bytes: Buffer, at: number, value: number): void {
  bytes.writeBigUInt64LE(BigInt(value), at);
}
