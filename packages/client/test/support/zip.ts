/** One file of a ZIP file, and what may be wrong about it. */
export interface ZipFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly method?: number;
  readonly flags?: number;
  /** Where the list says that it is. */
  readonly listedAt?: number;
  readonly listedLength?: number;
  /** By what name its own header goes. */
  readonly ownName?: string;
}

/** A ZIP file that stores all as it is, written by the format's document alone, without CRCs. */
export function zipOf(files: readonly ZipFile[], isLong = false): Buffer {
  const data: Buffer[] = [];
  const list: Buffer[] = [];
  let at = 0;
  for (const file of files) {
    const { name, bytes, method = 0, flags = 0, ownName = name } = file;
    const header = Buffer.alloc(30);
    header.writeUInt32LE(0x04034b50, 0);
    header.writeUInt16LE(method, 8);
    header.writeUInt32LE(bytes.length, 18);
    header.writeUInt32LE(bytes.length, 22);
    header.writeUInt16LE(ownName.length, 26);
    data.push(header, Buffer.from(ownName), Buffer.from(bytes));
    const { listedAt = at, listedLength = bytes.length } = file;
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(flags, 8);
    entry.writeUInt16LE(method, 10);
    entry.writeUInt32LE(isLong ? 0xffff_ffff : bytes.length, 20);
    entry.writeUInt32LE(isLong ? 0xffff_ffff : listedLength, 24);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt16LE(isLong ? 28 : 0, 30);
    entry.writeUInt32LE(isLong ? 0xffff_ffff : listedAt, 42);
    const extra = Buffer.alloc(isLong ? 28 : 0);
    if (isLong) {
      extra.writeUInt16LE(1, 0);
      extra.writeUInt16LE(24, 2);
      extra.writeBigUInt64LE(BigInt(listedLength), 4);
      extra.writeBigUInt64LE(BigInt(bytes.length), 12);
      extra.writeBigUInt64LE(BigInt(listedAt), 20);
    }
    list.push(entry, Buffer.from(name), extra);
    at += 30 + ownName.length + bytes.length;
  }
  const directory = Buffer.concat(list);
  return Buffer.concat([...data, directory, endOf(files.length, directory.length, at, isLong)]);
}

function endOf(count: number, length: number, start: number, isLong: boolean): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(isLong ? 0xffff : count, 8);
  end.writeUInt16LE(isLong ? 0xffff : count, 10);
  end.writeUInt32LE(isLong ? 0xffff_ffff : length, 12);
  end.writeUInt32LE(isLong ? 0xffff_ffff : start, 16);
  if (!isLong) return end;
  const record = Buffer.alloc(76);
  record.writeUInt32LE(0x06064b50, 0);
  record.writeBigUInt64LE(44n, 4);
  record.writeBigUInt64LE(BigInt(count), 24);
  record.writeBigUInt64LE(BigInt(count), 32);
  record.writeBigUInt64LE(BigInt(length), 40);
  record.writeBigUInt64LE(BigInt(start), 48);
  record.writeUInt32LE(0x07064b50, 56);
  record.writeBigUInt64LE(BigInt(start + length), 64);
  record.writeUInt32LE(1, 72);
  return Buffer.concat([record, end]);
}

/** A repository's files, as a bundle has them. */
export function bundleOf(files: ReadonlyMap<string, Uint8Array>, isLong = false): Buffer {
  const entries = [...files].map(([name, bytes]) => ({ name, bytes }));
  return zipOf(entries, isLong);
}
