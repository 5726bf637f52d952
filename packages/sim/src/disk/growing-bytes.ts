/** Bytes of a file that grow where they are written; what lies between is zeros. */
export class GrowingBytes {
  #buffer: Uint8Array<ArrayBuffer>;
  #length: number;

  constructor(bytes: Uint8Array = new Uint8Array(0)) {
    this.#buffer = new Uint8Array(bytes);
    this.#length = bytes.length;
  }

  get length(): number {
    return this.#length;
  }

  /** All of it; a view that the next change may alter. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#buffer.subarray(0, this.#length);
  }

  write(bytes: Uint8Array, at: number): void {
    const end = at + bytes.length;
    if (end > this.#length) this.resize(end);
    this.#buffer.set(bytes, at);
  }

  resize(length: number): void {
    if (length > this.#buffer.length) {
      const buffer = new Uint8Array(Math.max(length, 2 * this.#buffer.length));
      buffer.set(this.bytes);
      this.#buffer = buffer;
    }
    if (length < this.#length) this.#buffer.fill(0, length, this.#length);
    this.#length = length;
  }
}
