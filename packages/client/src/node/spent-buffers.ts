/**
 * Gives the memory of `bytes` back at once: they are empty from now on. Without it V8 lets tens of
 * MiB of buffers lie about before it looks which of them are still needed.
 */
export function giveBack(bytes: Uint8Array): void {
  const { buffer } = bytes;
  // Whoever has but a part of a buffer does not know who has the rest.
  const isAll = bytes.length > 0 && bytes.length === buffer.byteLength;
  if (isAll && buffer instanceof ArrayBuffer) buffer.transfer(0);
}

/** Gives back what sockets read, as soon as Node.js's parser of HTTP/1.1 has been over it. */
export class ParsedBuffers {
  readonly #parsed = new WeakSet<ArrayBufferLike>();
  #areCopied: boolean | undefined; // as all versions that we know do; the next one may not

  /** For a socket's `data`, after the parser. */
  readonly onData = (bytes: Uint8Array): void => {
    if (this.#areCopied === true) giveBack(bytes);
    else if (this.#areCopied === undefined) this.#parsed.add(bytes.buffer);
  };

  /** The parser made this out of what came: whether it copies can be seen at the first one. */
  made(bytes: Uint8Array): void {
    this.#areCopied ??= !this.#parsed.has(bytes.buffer);
  }
}
