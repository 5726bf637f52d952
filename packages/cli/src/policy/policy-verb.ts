import path from "node:path";
import { toUtcSecond } from "@causeway/kernel";
import {
  changePolicyFile,
  encodePolicy,
  type Policy,
  type PolicyChange,
  type PolicyPlace,
  type SignedPolicy,
} from "@causeway/origin";
import { signSideDocument } from "@causeway/publisher";
import type { Command } from "commander";
import { adminUrl } from "../admin-url.ts";
import { passphrasesFrom } from "../passphrase.ts";
import { policyFile } from "../policy-file.ts";
import { logTo } from "../publisher-log.ts";
import { ruleDuration } from "../rule-duration.ts";
import type { Context } from "../verb.ts";
import { changeOriginPolicy, type OriginPolicy } from "./running-origin.ts";
import { policyLines } from "./told-policy.ts";

export interface PolicyOptions {
  readonly dir: string;
  readonly policy?: string;
  readonly origin?: string;
  readonly passphraseFile?: string;
}

export interface RuleOptions extends PolicyOptions {
  /** Milliseconds. */
  readonly for?: number;
}

export const defaultForMs = 24 * 3_600_000;
/** Of each verb that says a rule. */
export const policyNotes = `
Without --origin the rule is signed into policy.json with the key of routes: it is for every origin
that has the file. With it, it is for one running origin, until that ends. Neither takes back what
the other says. docs/live-control.md tells more.
`;

/** Options that say for whom a rule is. */
export function withPlace(verb: Command): Command {
  return verb
    .option("--origin <url>", "the admin port of one running origin, as http://127.0.0.1:9100")
    .option("--dir <dir>", "the vendor's folder", ".")
    .option("--policy <file>", "the signed file (default: policy.json of --dir)")
    .option("--passphrase-file <file>", "holds the passphrase of the keys");
}

/** The option that says when a rule ends. */
export function withEnd(verb: Command, usual = "24h"): Command {
  const what = `when it ends by itself, as 90m, 24h or 7d (default: ${usual})`;
  return verb.option("--for <time>", what, ruleDuration);
}

/**
 * Makes the changes, at one origin or in the signed file, and tells what is in force then.
 * @returns that
 */
export async function apply(
  changes: readonly PolicyChange[],
  options: PolicyOptions,
  context: Context,
): Promise<Policy> {
  if (options.origin !== undefined) {
    const origin = adminUrl(options.origin);
    const changed = await changeOriginPolicy(origin, changes, context.signal);
    tellOrigin(origin, changed, context);
    return changed.inForce;
  }
  const passphrase = passphrasesFrom(options.passphraseFile, context).known;
  const log = logTo(context.terminal);
  const place = placeOf(options);
  const signed = await changePolicyFile(place, changes, (unsigned) => {
    return signSideDocument(options.dir, unsigned, { passphrase, log });
  });
  tellFile(place, signed, context);
  return signed.policy;
}

/** The signed file that is meant, and the repository that says who may sign it. */
export function placeOf({ dir, policy }: PolicyOptions): PolicyPlace {
  const file = policy === undefined ? policyFile(dir) : path.resolve(policy);
  return { file, tree: path.resolve(dir, "repository") };
}

/** Tells what a file says. */
export function tellFile(
  { file }: PolicyPlace,
  signed: SignedPolicy | undefined,
  context: Context,
): void {
  if (signed === undefined) {
    const json = { file, version: null, expires: null, policy: null };
    context.terminal.result(json, `there is no ${file}`);
    return;
  }
  const { version, policy } = signed;
  const expires = toUtcSecond(signed.expires);
  context.terminal.result(
    { file, version, expires, policy: encodePolicy(policy) },
    [
      `${file}: version ${version}, until ${expires}`,
      ...policyLines(policy),
      "  origins that follow this file take it up within a second; bring it to all others now",
    ].join("\n"),
  );
}

/** Tells what is in force at an origin. */
export function tellOrigin(origin: URL, { own, inForce }: OriginPolicy, context: Context): void {
  context.terminal.result(
    { origin: origin.href, own: encodePolicy(own), inForce: encodePolicy(inForce) },
    [`${origin.href}: in force, with what is signed`, ...policyLines(inForce)].join("\n"),
  );
}
