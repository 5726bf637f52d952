/** How a port call ends. Does nothing once the program is dead, or when called again. */
export interface Settle<Value> {
  readonly resolve: (value: Value) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * One run of a program, until it is killed. Then its port calls neither end nor do anything, so
 * that whatever it awaited stays unfinished for ever, as in a process that is gone.
 */
export class Life {
  readonly name: string;
  /** World time. */
  readonly bornAt: number;
  #dead = false;

  constructor(name: string, bornAt: number) {
    this.name = name;
    this.bornAt = bornAt;
  }

  get dead(): boolean {
    return this.#dead;
  }

  end(): void {
    this.#dead = true;
  }

  /** One port call. `start` is not run by the dead. */
  call<Value>(start: (settle: Settle<Value>) => void): Promise<Value> {
    return new Promise((resolve, reject) => {
      if (this.#dead) return;
      start({
        resolve: (value) => {
          if (!this.#dead) resolve(value);
        },
        reject: (error) => {
          if (!this.#dead) reject(error);
        },
      });
    });
  }
}
