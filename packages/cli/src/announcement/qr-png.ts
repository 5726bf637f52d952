import { crc32, deflateSync } from "node:zlib";
import type { QrCode } from "./qr-code.ts";

const scale = 8; // pixels of a module: sharp on paper, and small in a mail

/** The code as a PNG in black and white, one bit a pixel (ISO/IEC 15948). */
export function qrPng(code: QrCode): Uint8Array {
  const pixels = code.length * scale;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(pixels, 0);
  header.writeUInt32BE(pixels, 4);
  header[8] = 1; // bits; all else is 0: greyscale, one way to compress, filter and interlace
  const lines = code.flatMap((row) => {
    const line = Buffer.alloc(1 + Math.ceil(pixels / 8)); // a filter byte first
    for (let x = 0; x < pixels; x++) {
      const at = 1 + (x >> 3);
      if (row[Math.floor(x / scale)] !== true) line[at] = (line[at] ?? 0) | (0x80 >> (x & 7));
    }
    return Array.from({ length: scale }, () => line);
  });
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(Buffer.concat(lines))),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Uint8Array): Buffer {
  const named = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const head = Buffer.alloc(4);
  head.writeUInt32BE(data.length);
  const tail = Buffer.alloc(4);
  tail.writeUInt32BE(crc32(named));
  return Buffer.concat([head, named, tail]);
}
