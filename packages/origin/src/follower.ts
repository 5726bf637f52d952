import { CausewayError, HostError } from "@causeway/kernel";

const lookMs = 500;

/** Something on a disk that may be replaced at any time. */
export interface Followed<Value> {
  /** Changes whenever the value may have changed; undefined while nothing is there. */
  stamp(): Promise<string | undefined>;
  /** Is called when the stamp has changed; and again, when it fails with a HostError. */
  read(): Promise<Value>;
  take(value: Value): Promise<void> | void;
  /** Is told once of what fails again and again in the same way. */
  warn(error: CausewayError): void;
}

/**
 * Tells of what is on a disk, and of each change. By looking twice a second rather than by
 * `fs.watch`: what replaces files may replace links or folders, and some file systems tell of
 * nothing.
 */
export class Follower<Value> {
  readonly #followed: Followed<Value>;
  #stamp: string | undefined;
  #warned = "";
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(followed: Followed<Value>) {
    this.#followed = followed;
  }

  /** Resolves after the first look, and goes on looking. Keeps no process alive. */
  async start(): Promise<void> {
    await this.#look();
    if (this.#stopped) return;
    // The next one is set when this one is done: a disk that hangs must not be asked ever more.
    this.#timer = setTimeout(() => void this.start(), lookMs).unref();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #look(): Promise<void> {
    let stamp: string | undefined;
    try {
      // Taken before it is read: what is written later is read again.
      stamp = await this.#followed.stamp();
      if (stamp !== undefined && stamp === this.#stamp) return;
      this.#stamp = stamp;
      const value = await this.#followed.read();
      this.#warned = "";
      if (!this.#stopped) await this.#followed.take(value);
    } catch (cause) {
      if (!(cause instanceof CausewayError)) throw cause;
      if (cause instanceof HostError) this.#stamp = undefined;
      const warning = `${stamp} ${cause.message}`;
      if (warning === this.#warned) return;
      this.#warned = warning;
      this.#followed.warn(cause);
    }
  }
}
