import path from "node:path";
import { toUtcSecond, UsageError } from "@causeway/kernel";
import {
  changePolicyFile,
  encodePolicy,
  openableRules,
  type PolicyChange,
  type PolicyPlace,
  policyLimits,
  readPolicyFile,
  type SignedPolicy,
} from "@causeway/origin";
import { signSideDocument } from "@causeway/publisher";
import type { Command } from "commander";
import { adminUrl } from "../admin-url.ts";
import { passphrasesFrom } from "../passphrase.ts";
import {
  changeOriginPolicy,
  type OriginPolicy,
  readOriginPolicy,
} from "../policy/running-origin.ts";
import { policyLines } from "../policy/told-policy.ts";
import { policyFile } from "../policy-file.ts";
import { logTo } from "../publisher-log.ts";
import { ruleDuration, usualOpenMs } from "../rule-duration.ts";
import { addVerb, type Context, helpEnd, type Register } from "../verb.ts";
import { wholeNumber } from "../whole-number.ts";

interface PolicyOptions {
  readonly dir: string;
  readonly policy?: string;
  readonly origin?: string;
  readonly passphraseFile?: string;
}

interface RuleOptions extends PolicyOptions {
  /** Milliseconds, as is `grace`. */
  readonly for?: number;
}

interface DrainOptions extends RuleOptions {
  readonly grace?: number;
}

interface ShareOptions extends RuleOptions {
  readonly machine?: number;
  readonly newcomers?: number;
  readonly usual?: boolean;
}

const defaultForMs = 24 * 3_600_000;
const defaultGraceMs = 5 * 60_000; // a load balancer, or the list of routes, has noticed by then

const ruleNames = `one or more of ${openableRules.join(", ")}`;

const notes = `
Without --origin the rule is signed into policy.json with the key of routes: it is for every origin
that has the file. With it, it is for one running origin, until that ends. Neither takes back what
the other says. docs/live-control.md tells more.
`;

/** `causeway policy show|retire|restore|drain|undrain|shares|open|close`: what running origins are to do. */
export const registerPolicy: Register = (program, context) => {
  const policy = program
    .command("policy")
    .description("Change what running origins serve: retired names, draining, shares, rules.")
    .addHelpText("after", helpEnd("causeway policy retire update.example.com --for 7d", notes));
  addShow(policy, context);
  addRetire(policy, context);
  addRestore(policy, context);
  addDrain(policy, context);
  addUndrain(policy, context);
  addShares(policy, context);
  addOpen(policy, context);
  addClose(policy, context);
};

function addShow(policy: Command, context: Context): void {
  withPlace(addVerb(policy, "show", "Show what is in force.", "causeway policy show")).action(
    async (options: PolicyOptions) => {
      if (options.origin !== undefined) {
        const origin = adminUrl(options.origin);
        tellOrigin(origin, await readOriginPolicy(origin, context.signal), context);
        return;
      }
      const place = placeOf(options);
      tellFile(place, await readPolicyFile(place), context);
    },
  );
}

function addRetire(policy: Command, context: Context): void {
  const example = "causeway policy retire update.example.com --for 7d";
  const retire = addVerb(policy, "retire", "Answer one short 503 to a name.", example, notes);
  withPlace(withEnd(retire.argument("<name...>", "host names, as update.example.com"))).action(
    async (names: readonly string[], options: RuleOptions) => {
      const until = Date.now() + (options.for ?? defaultForMs);
      await apply(
        names.map((host) => ({ kind: "retire", host, until })),
        options,
        context,
      );
    },
  );
}

function addRestore(policy: Command, context: Context): void {
  const example = "causeway policy restore update.example.com";
  const restore = addVerb(policy, "restore", "Serve retired names again.", example);
  withPlace(restore.argument("<name...>", "host names that are retired")).action(
    async (names: readonly string[], options: PolicyOptions) => {
      await apply(
        names.map((host) => ({ kind: "restore", host })),
        options,
        context,
      );
    },
  );
}

function addDrain(policy: Command, context: Context): void {
  const example = "causeway policy drain --origin http://127.0.0.1:9100";
  const what = "Finish what is under way, and take nothing new after a grace.";
  const drain = addVerb(policy, "drain", what, example, notes);
  withPlace(
    withEnd(drain).option(
      "--grace <time>",
      "how long newcomers are still served (default: 5m)",
      (text) => (text === "0" ? 0 : ruleDuration(text)),
    ),
  ).action(async (options: DrainOptions) => {
    refuseDrainingAll(options);
    const now = Date.now();
    const until = now + (options.for ?? defaultForMs);
    const refusesFrom = Math.min(now + (options.grace ?? defaultGraceMs), until);
    await apply([{ kind: "drain", refusesFrom, until }], options, context);
  });
}

function addUndrain(policy: Command, context: Context): void {
  const example = "causeway policy undrain --origin http://127.0.0.1:9100";
  withPlace(addVerb(policy, "undrain", "Take newcomers again.", example)).action(
    (options: PolicyOptions) => apply([{ kind: "undrain" }], options, context),
  );
}

function addShares(policy: Command, context: Context): void {
  const example = "causeway policy shares --machine 50 --newcomers 40 --for 2h";
  const what = "Say who gets how much while there is not enough for all.";
  const { machinePercent: ofMachine, newcomersPercent: ofNewcomers } = policyLimits;
  const shares = addVerb(policy, "shares", what, example, notes)
    .option(
      "--machine <percent>",
      "what one machine is worth, in percent of the usual",
      wholeNumber(ofMachine.min, ofMachine.max),
    )
    .option(
      "--newcomers <percent>",
      "what newcomers keep at least; usually 20, and never less",
      wholeNumber(ofNewcomers.min, ofNewcomers.max),
    )
    .option("--usual", "as it is without a rule");
  withPlace(withEnd(shares)).action(async (options: ShareOptions) => {
    const { machine, newcomers, usual = false } = options;
    if (usual === (machine !== undefined || newcomers !== undefined)) {
      throw new UsageError("USAGE_ARGUMENT", "say --machine or --newcomers, or --usual alone.");
    }
    const until = Date.now() + (options.for ?? defaultForMs);
    const change: PolicyChange = usual
      ? { kind: "usual-shares" }
      : { kind: "shares", machinePercent: machine, newcomersPercent: newcomers, until };
    await apply([change], options, context);
  });
}

function addOpen(policy: Command, context: Context): void {
  const example = "causeway policy open ticket-shares --for 1h --origin http://127.0.0.1:9100";
  const what = "Let a rule of the shield turn nobody away for a time.";
  const open = addVerb(policy, "open", what, example, notes);
  withPlace(withEnd(open.argument("<rule...>", ruleNames), "1h")).action(
    async (rules: readonly string[], options: RuleOptions) => {
      const until = Date.now() + (options.for ?? usualOpenMs);
      await apply(
        rules.map((rule) => ({ kind: "open", rule, until })),
        options,
        context,
      );
    },
  );
}

function addClose(policy: Command, context: Context): void {
  const example = "causeway policy close ticket-shares --origin http://127.0.0.1:9100";
  const close = addVerb(policy, "close", "Let rules that are open work again.", example);
  withPlace(close.argument("<rule...>", ruleNames)).action(
    async (rules: readonly string[], options: PolicyOptions) => {
      await apply(
        rules.map((rule) => ({ kind: "close", rule })),
        options,
        context,
      );
    },
  );
}

function withPlace(verb: Command): Command {
  return verb
    .option("--origin <url>", "the admin port of one running origin, as http://127.0.0.1:9100")
    .option("--dir <dir>", "the vendor's folder", ".")
    .option("--policy <file>", "the signed file (default: policy.json of --dir)")
    .option("--passphrase-file <file>", "holds the passphrase of the keys");
}

function withEnd(verb: Command, usual = "24h"): Command {
  const what = `when it ends by itself, as 90m, 24h or 7d (default: ${usual})`;
  return verb.option("--for <time>", what, ruleDuration);
}

/** All origins follow the vendor's own file. @throws {UsageError} `USAGE_ARGUMENT` */
function refuseDrainingAll({ origin, policy }: PolicyOptions): void {
  if (origin !== undefined || policy !== undefined) return;
  const message = "say what to drain: --origin URL, or --policy FILE for all that follow the file.";
  throw new UsageError("USAGE_ARGUMENT", message);
}

async function apply(
  changes: readonly PolicyChange[],
  options: PolicyOptions,
  context: Context,
): Promise<void> {
  if (options.origin !== undefined) {
    const origin = adminUrl(options.origin);
    tellOrigin(origin, await changeOriginPolicy(origin, changes, context.signal), context);
    return;
  }
  const passphrase = passphrasesFrom(options.passphraseFile, context).known;
  const log = logTo(context.terminal);
  const place = placeOf(options);
  const signed = await changePolicyFile(place, changes, (unsigned) => {
    return signSideDocument(options.dir, unsigned, { passphrase, log });
  });
  tellFile(place, signed, context);
}

function placeOf({ dir, policy }: PolicyOptions): PolicyPlace {
  const file = policy === undefined ? policyFile(dir) : path.resolve(policy);
  return { file, tree: path.resolve(dir, "repository") };
}

function tellFile({ file }: PolicyPlace, signed: SignedPolicy | undefined, context: Context): void {
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

function tellOrigin(origin: URL, { own, inForce }: OriginPolicy, context: Context): void {
  context.terminal.result(
    { origin: origin.href, own: encodePolicy(own), inForce: encodePolicy(inForce) },
    [`${origin.href}: in force, with what is signed`, ...policyLines(inForce)].join("\n"),
  );
}
