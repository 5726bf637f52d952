import { asSentence, type Instant, NameError, type Random } from "@causeway/kernel";
import type { ChangeRecord, NameVerb, PlannedChange } from "./change-record.ts";
import type { Ask } from "./dig.ts";
import type { DnsName } from "./dns-name.ts";
import type { NameHistory } from "./history.ts";
import { type NameServer, shownServer } from "./name-server.ts";
import type { SendUpdate } from "./nsupdate.ts";
import { isNoteAlone, loweredFrom } from "./past-changes.ts";
import { type RecordSets, sameSets, sameValues, shownSets } from "./record-set.ts";
import { updateScript } from "./update-script.ts";
import { findZone, readSets, type Zone } from "./zone.ts";

/** What a change needs of the world. */
export interface NamePorts {
  readonly ask: Ask;
  readonly sendUpdate: SendUpdate;
  readonly history: NameHistory;
  readonly random: Random;
  readonly now: () => Instant;
}

/** Which change is asked for, by whom and why. */
export interface ChangeOrder {
  readonly verb: NameVerb;
  readonly name: DnsName;
  readonly server: NameServer;
  /** Found by its SOA record when absent. */
  readonly zone?: DnsName;
  readonly keyFile: string;
  readonly who: string;
  readonly why: string;
  /** Tell what would be sent, and send nothing. */
  readonly isDry: boolean;
  readonly until?: Instant;
  readonly undoes?: number;
  readonly signal?: AbortSignal;
  /** The sets that shall be there. */
  wish(before: RecordSets, zone: Zone): RecordSets;
}

export interface Changed {
  readonly zone: Zone;
  readonly before: RecordSets;
  readonly after: RecordSets;
  /** What was, or would be, sent; undefined when there is nothing to do. */
  readonly script: string | undefined;
  /** Nothing is to be sent, and yet it is to be kept: until when a TTL stays low. */
  readonly isNoteAlone: boolean;
  /** The change as it is kept, if it is. */
  readonly record: ChangeRecord | undefined;
}

/**
 * Makes a change that is written down before it is sent, and that is refused if the name is not
 * what it was when it was read.
 * @throws {NameError} the server will not, or cannot be asked; `NAME_CONFLICT` when it was changed
 * @throws {UsageError} the key
 * @throws {HostError} the change cannot be written down; then it is not sent
 */
export async function changeName(ports: NamePorts, order: ChangeOrder): Promise<Changed> {
  const { server, name } = order;
  const zone = await findZone(ports.ask, server, name, order.zone);
  const { own: before } = await readSets(ports.ask, ports.random, server, name, zone.name);
  const after = order.wish(before, zone);
  const isSame = sameSets(before, after);
  const script = isSame
    ? undefined
    : updateScript({ server, zone: zone.name, name, before, after });
  const told = { zone, before, after, script, isNoteAlone: isSame && (await isNews(ports, order)) };
  if (order.isDry || (isSame && !told.isNoteAlone)) return { ...told, record: undefined };
  const record = await ports.history.add(planned(order, zone.name, before, after, ports.now()));
  if (script === undefined) return { ...told, record: await ports.history.settle(record, "made") };
  try {
    await ports.sendUpdate(server, script, order.keyFile, order.signal);
  } catch (cause) {
    if (!(await isMade(ports, order, zone.name, after))) {
      // A server that was silent may have made it all the same; undo asks again.
      if (!isSilence(cause)) await ports.history.settle(record, "refused");
      throw cause;
    }
  }
  const settled = await ports.history.settle(record, "made");
  await checkMade(ports, order, zone.name, after);
  return { ...told, record: settled };
}

/** Whether what changes nothing at the server says until when the TTL stays low, or takes that back. */
async function isNews(
  { history }: NamePorts,
  { name, until, undoes }: ChangeOrder,
): Promise<boolean> {
  if (until === undefined && undoes === undefined) return false;
  const records = await history.read();
  if (until !== undefined) return loweredFrom(records, name)?.until !== until;
  return records.some((each) => each.id === undoes && isNoteAlone(each));
}

function planned(
  order: ChangeOrder,
  zone: DnsName,
  before: RecordSets,
  after: RecordSets,
  at: Instant,
): PlannedChange {
  const { verb, name, server, who, why, until, undoes } = order;
  return {
    verb,
    name,
    zone,
    server: shownServer(server),
    who,
    why,
    at,
    before,
    after,
    ...(until !== undefined && { until }),
    ...(undoes !== undefined && { undoes }),
  };
}

/** Whether an update that failed was made all the same, as when its answer was lost. */
async function isMade(
  { ask, random }: NamePorts,
  { server, name, signal }: ChangeOrder,
  zone: DnsName,
  after: RecordSets,
): Promise<boolean> {
  if (signal?.aborted === true) return false;
  try {
    return sameSets((await readSets(ask, random, server, name, zone)).own, after);
  } catch {
    return false;
  }
}

async function checkMade(
  { ask, random }: NamePorts,
  { server, name }: ChangeOrder,
  zone: DnsName,
  after: RecordSets,
): Promise<void> {
  const { own } = await readSets(ask, random, server, name, zone);
  if (sameValues(own, after)) return;
  const now = shownSets(own).join(", ") || "nothing";
  const what = `${shownServer(server)} took the update, and ${name} is now: ${now}`;
  throw new NameError("NAME_CONFLICT", `${asSentence(what)} Somebody else changes it too.`);
}

/** The server may or may not have got it: it gave no answer, or we were interrupted. */
function isSilence(cause: unknown): boolean {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  return code === "NAME_UNREACHABLE" || code === "INTERRUPTED";
}
