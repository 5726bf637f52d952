import { renameSync, writeFileSync } from "node:fs";
import { makeKey, type TestKey } from "../../../trust/test/support/test-key.ts";
import { TestRepository as SignedRepository } from "../../../trust/test/support/test-repository.ts";
import { inSeconds } from "./policy.ts";
import type { TestRepository } from "./repository.ts";

interface PolicyDocument {
  readonly version: number;
  readonly policy: unknown;
  readonly expires?: string;
  /** As `_type`. */
  readonly type?: string;
  readonly extra?: object;
}

/** Those who sign policies for a repository, with a root, targets and a role `routes` of its own. */
export class Operators {
  readonly signed = new SignedRepository();
  readonly #tree: TestRepository;

  constructor(tree: TestRepository) {
    this.#tree = tree;
    this.signed.delegate("targets", "patches", { paths: ["products/*"], terminating: true });
    this.signed.delegate("targets", "routes", { paths: ["routes.json"], terminating: true });
    this.publish();
  }

  keys(role = "routes"): readonly TestKey[] {
    return this.signed.signers.get(role) ?? [];
  }

  /** Puts another key of the role in the first one's place. */
  rotateRoutes(): void {
    const delegation = this.signed.targets.delegations?.roles?.find(
      ({ name }) => name === "routes",
    );
    const key = makeKey();
    this.signed.signers.set("routes", [key]);
    if (this.signed.targets.delegations !== undefined) {
      this.signed.targets.delegations.keys[key.keyid] = key.document;
    }
    Object.assign(delegation ?? {}, { keyids: [key.keyid] });
    this.publish();
  }

  /** Writes what is signed into the tree, the timestamp last. */
  publish(): void {
    this.signed.publishAll();
    for (const role of ["root", "targets"]) {
      for (const [at, bytes] of (this.signed.published.get(role) ?? []).entries()) {
        this.#tree.write(`metadata/${at + 1}.${role}.json`, bytes);
      }
    }
    this.#tree.write("metadata/timestamp.json", this.signed.bytes("timestamp"));
  }

  /** A signed policy; with other `keys`, signed by others. */
  sign(document: PolicyDocument, keys = this.keys()): Uint8Array {
    const { version, policy, expires = inSeconds(3_600), type = "causeway-policy" } = document;
    const header = { _type: type, spec_version: "1.0.34", version, expires };
    return this.signed.sign({ ...header, policy, ...document.extra }, keys);
  }
}

/** Replaces a file as `causeway policy` does. */
export function replace(file: string, bytes: string | Uint8Array): void {
  writeFileSync(`${file}.new`, bytes);
  renameSync(`${file}.new`, file);
}
