import type { Log } from "../log.ts";
import type { Policy } from "../policy/policy.ts";
import type { TicketKey } from "./ticket-key-file.ts";

type KeyPolicy = Pick<Policy, "revokedKeys" | "signingKey">;

/**
 * The ticket keys that count at an origin: those of its file, without those that operators have
 * revoked, and with the one marked that they have named to sign.
 */
export class TicketKeyRing {
  readonly #log: Log;
  readonly #told: (keys: readonly TicketKey[]) => void;
  #ofFile: readonly TicketKey[] = [];
  #policy: KeyPolicy;
  #keys: readonly TicketKey[] = [];
  #shown = "[]";
  #worry = "";

  /** `told` is called whenever other keys count. */
  constructor(policy: KeyPolicy, log: Log, told: (keys: readonly TicketKey[]) => void) {
    this.#policy = policy;
    this.#log = log;
    this.#told = told;
  }

  /** The newest first. */
  get keys(): readonly TicketKey[] {
    return this.#keys;
  }

  /** Those of the file, the revoked ones too. */
  get fileKeys(): readonly TicketKey[] {
    return this.#ofFile;
  }

  setFileKeys(keys: readonly TicketKey[]): void {
    this.#ofFile = keys;
    this.#change();
  }

  setPolicy(policy: KeyPolicy): void {
    this.#policy = policy;
    this.#change();
  }

  #change(): void {
    const keys = keysUnder(this.#policy, this.#ofFile);
    this.#warn(keys);
    const shown = JSON.stringify(keys);
    // Each change empties what workers know to be good.
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#keys = keys;
    this.#told(keys);
  }

  /** Once of what goes on. */
  #warn(keys: readonly TicketKey[]): void {
    const isGood = (kid: string): boolean => keys.some((key) => key.kid === kid);
    const kids = this.#ofFile.map(({ kid }) => kid).filter((kid) => !isGood(kid));
    const named = this.#policy.signingKey?.kid;
    const missing = named !== undefined && !isGood(named) ? named : undefined;
    const worry = JSON.stringify([kids, keys.length, missing]);
    if (worry === this.#worry) return;
    this.#worry = worry;
    if (kids.length > 0) {
      const next = `${keys.length === 0 ? "nobody has a ticket now; " : ""}causeway keys rotate tickets`;
      const fields = { kids: kids.join(" "), left: keys.length, next };
      this.#log({ level: "warn", event: "ticket-keys-revoked", fields });
    }
    if (missing !== undefined && this.#ofFile.length > 0) {
      const next = "the usual one signs; bring the file that has it";
      this.#log({ level: "warn", event: "signing-key-missing", fields: { kid: missing, next } });
    }
  }
}

/** Of the keys of a file those that count under a policy. */
export function keysUnder(
  { revokedKeys, signingKey }: KeyPolicy,
  keys: readonly TicketKey[],
): readonly TicketKey[] {
  return keys
    .filter(({ kid }) => !revokedKeys.includes(kid))
    .map((key) => (key.kid === signingKey?.kid ? { ...key, signsUntil: signingKey.until } : key));
}
