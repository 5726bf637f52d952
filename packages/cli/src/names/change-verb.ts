import {
  type Changed,
  type ChangeOrder,
  changeName,
  type DnsName,
  type NameServer,
  toDnsName,
} from "@causeway/control";
import type { Command } from "commander";
import { addVerb, type Context } from "../verb.ts";
import {
  type ChangeOptions,
  namePorts,
  placeOf,
  reasonOf,
  warnOfSharedKey,
  whoIsHere,
  withKey,
  withServer,
} from "./name-place.ts";
import { tellChange } from "./told-change.ts";

/** A verb that changes one name at its server. */
export interface ChangeVerb {
  readonly verb: "lower" | "restore" | "retire" | "move";
  readonly what: string;
  /** Its own options in the example of the help, with a space at the end. */
  readonly example?: string;
  more?(command: Command): Command;
  wishOf(name: DnsName, options: VerbOptions): Promise<Wish> | Wish;
  after?(
    name: DnsName,
    changed: Changed,
    place: Pick<VerbOptions, "dir"> & { readonly server: NameServer },
  ): Promise<void>;
}

type Wish = Pick<ChangeOrder, "wish" | "until">;

interface VerbOptions extends ChangeOptions {
  /** Seconds. */
  readonly ttl?: number;
  /** Milliseconds since the Unix epoch. */
  readonly until?: number;
  readonly now?: boolean;
  readonly to?: readonly string[];
}

export const usualPlace = "--server 192.0.2.53 --key ops.key --dir vendor";
export const changeNotes = `
A change is refused when the name is not what was read a moment before. Each is kept in names/ of the
vendor's folder before it is sent, and undo brings back what was there. docs/names.md tells when to
do what.
`;

export function addChange(names: Command, context: Context, change: ChangeVerb): void {
  const { verb, what, example = "" } = change;
  const line = `causeway names ${verb} update.example.com ${example}${usualPlace}`;
  const bare = addVerb(names, verb, what, line, changeNotes);
  const command = bare.argument("<name>", "as update.example.com");
  withKey(withServer(change.more?.(command) ?? command)).action(
    async (text: string, options: VerbOptions) => {
      const name = toDnsName(text);
      const at = placeOf(options);
      const { key: keyFile, dir, dryRun: isDry = false } = options;
      const order = { verb, name, keyFile, isDry, who: whoIsHere(), why: reasonOf(options) };
      const wish = await change.wishOf(name, options);
      const { signal, terminal } = context;
      await warnOfSharedKey(options, terminal);
      const changed = await changeName(namePorts(dir), { ...order, ...at, ...wish, signal });
      tellChange(name, changed, isDry, terminal);
      await change.after?.(name, changed, { server: at.server, dir });
    },
  );
}
