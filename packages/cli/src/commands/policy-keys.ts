import { CausewayError, UsageError } from "@causeway/kernel";
import { listTicketKeys } from "@causeway/origin";
import type { Command } from "commander";
import {
  apply,
  defaultForMs,
  type PolicyOptions,
  policyNotes,
  type RuleOptions,
  withEnd,
  withPlace,
} from "../policy/policy-verb.ts";
import type { Terminal } from "../terminal.ts";
import { ticketKeysFile } from "../ticket-keys-file.ts";
import { addVerb, type Context } from "../verb.ts";

interface SignOptions extends RuleOptions {
  readonly usual?: boolean;
}

const revokeNotes = `
A revoked key stays so until it is accepted again: this rule alone has no end. Nobody is refused for
it; who shows such a ticket goes as a newcomer. causeway keys rotate tickets makes a new key.
${policyNotes}`;

/** `causeway policy revoke|accept|sign-with`: which of the ticket keys count, by their ids. */
export function addKeyVerbs(policy: Command, context: Context): void {
  addRevoke(policy, context);
  addAccept(policy, context);
  addSignWith(policy, context);
}

function addRevoke(policy: Command, context: Context): void {
  const example = "causeway policy revoke 0a1b2c3d4e5f --dir vendor";
  const what = "Take no ticket of a stolen key any more.";
  const revoke = addVerb(policy, "revoke", what, example, revokeNotes);
  withPlace(revoke.argument("<kid...>", "ids of ticket keys, as causeway keys list tells")).action(
    async (kids: readonly string[], options: PolicyOptions) => {
      const changes = kids.map((kid) => ({ kind: "revoke", kid }) as const);
      const { revokedKeys } = await apply(changes, options, context);
      await warnOfUnknown(kids, options, context);
      await warnOfNoneLeft(revokedKeys, options, context);
    },
  );
}

function addAccept(policy: Command, context: Context): void {
  const example = "causeway policy accept 0a1b2c3d4e5f --dir vendor";
  const accept = addVerb(policy, "accept", "Take tickets of revoked keys again.", example);
  withPlace(accept.argument("<kid...>", "ids of keys that are revoked")).action(
    async (kids: readonly string[], options: PolicyOptions) => {
      await apply(
        kids.map((kid) => ({ kind: "accept", kid })),
        options,
        context,
      );
    },
  );
}

function addSignWith(policy: Command, context: Context): void {
  const example = "causeway policy sign-with 0a1b2c3d4e5f --for 2h --dir vendor";
  const what = "Say which ticket key signs, without the wait of a new one.";
  const sign = addVerb(policy, "sign-with", what, example, policyNotes)
    .argument("[kid]", "the id of a ticket key, as causeway keys list tells")
    .option("--usual", "as it is without a rule: the newest, five minutes after it was made");
  withPlace(withEnd(sign)).action(async (kid: string | undefined, options: SignOptions) => {
    if ((kid === undefined) !== (options.usual === true)) {
      throw new UsageError("USAGE_ARGUMENT", "say the id of a key, or --usual alone.");
    }
    if (kid === undefined) {
      await apply([{ kind: "usual-key" }], options, context);
      return;
    }
    const until = Date.now() + (options.for ?? defaultForMs);
    await apply([{ kind: "sign", kid, until }], options, context);
    await warnOfUnknown([kid], options, context);
  });
}

/** A mistyped id says nothing of any key; one that only other origins have is no mistake. */
async function warnOfUnknown(
  kids: readonly string[],
  options: PolicyOptions,
  { terminal }: Context,
): Promise<void> {
  const known = await knownKids(options, terminal);
  if (known === undefined) return;
  for (const kid of kids) {
    if (!known.includes(kid)) terminal.warn(`no ticket key of ${options.dir} has the id ${kid}.`);
  }
}

async function warnOfNoneLeft(
  revoked: readonly string[],
  options: PolicyOptions,
  { terminal }: Context,
): Promise<void> {
  const known = await knownKids(options, terminal);
  if (known === undefined || known.some((kid) => !revoked.includes(kid))) return;
  terminal.warn("nobody has a good ticket, or gets one, until causeway keys rotate tickets.");
}

/** The ids of the keys in the vendor's folder, if what is said is for those who follow it. */
async function knownKids(
  { dir, origin, policy }: PolicyOptions,
  terminal: Terminal,
): Promise<readonly string[] | undefined> {
  if (origin !== undefined || policy !== undefined) return undefined;
  try {
    return (await listTicketKeys(ticketKeysFile(dir))).map(({ kid }) => kid);
  } catch (error) {
    if (!(error instanceof CausewayError)) throw error;
    terminal.warn(error.message);
    return undefined;
  }
}
