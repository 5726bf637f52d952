interface Container {
  readonly what: string;
  readonly magic: readonly number[];
  /** What to publish in its stead. */
  readonly instead: string;
}

const tarInstead = "the .tar itself, or the files as they are installed";
const packageInstead = "the files that it installs, or the same package built without compression";

const containers: readonly Container[] = [
  { what: "gzip", magic: [0x1f, 0x8b], instead: tarInstead },
  { what: "xz", magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], instead: tarInstead },
  { what: "bzip2", magic: [0x42, 0x5a, 0x68], instead: tarInstead },
  { what: "zstd", magic: [0x28, 0xb5, 0x2f, 0xfd], instead: tarInstead },
  { what: "7z", magic: [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], instead: tarInstead },
  { what: "zip", magic: [0x50, 0x4b, 0x03, 0x04], instead: packageInstead },
  { what: "ar (.deb)", magic: [0x21, 0x3c, 0x61, 0x72, 0x63, 0x68, 0x3e], instead: packageInstead },
  { what: "RPM", magic: [0xed, 0xab, 0xee, 0xdb], instead: packageInstead },
  { what: "cabinet", magic: [0x4d, 0x53, 0x43, 0x46], instead: packageInstead },
];

/** Bytes that are needed to tell. */
export const containerHeadLength = 16;

/** A warning when the file is compressed already, or undefined. */
export function containerWarning(head: Uint8Array, name: string): string | undefined {
  const found = containers.find(({ magic }) => magic.every((byte, at) => head[at] === byte));
  if (found === undefined) return undefined;
  return (
    `${name} is a compressed ${found.what} file, so customers load all of it for every version. ` +
    `Publish ${found.instead}: Causeway compresses it, and sends only what has changed.`
  );
}
