import { directoryMutations } from "./directory-mutations.ts";
import { bug, type Mutation } from "./mutation.ts";

const chunkCheck = {
  file: "client/src/fetch/chunk-verified.ts",
  find: "return sha256 === chunk.sha256 ? new VerifiedChunk(sha256, bytes) : undefined;",
  replace: "return new VerifiedChunk(chunk.sha256, bytes);",
};

export const mutations: readonly Mutation[] = [
  { name: "chunks are not hashed", edits: [chunkCheck] },
  {
    name: "what the journal names is believed, and the whole file is not checked",
    edits: [
      {
        file: "client/src/download/partial.ts",
        find: "if (VerifiedChunk.from(bytes, chunk) !== undefined) this.#add(number);",
        replace: "this.#add(number);",
      },
      {
        file: "client/src/download/download.ts",
        find: "return sha256 === target.sha256;",
        replace: "return sha256 !== undefined;",
      },
    ],
  },
  bug(
    "the next run shows all routes one ticket",
    "client/src/routes/route-memory.ts",
    "      const known = note === undefined ? nothingRecalled : recalled(note, wall, steady);",
    "      const { ticket } = [...this.#notes.values()].find((each) => each.ticket) ?? {};\n" +
      "      const known = note === undefined ? nothingRecalled : recalled({ ...note, ticket }, wall, steady);",
  ),
  bug(
    "junk is kept as a ticket",
    "client/src/routes/ticket.ts",
    "if (text === undefined || !isTicketText(text)) return undefined;\n  const end = endOf(text);",
    "if (text === undefined) return undefined;\n  const end = endOf(text) ?? wall + 1e9;",
  ),
  bug(
    "a ticket may name any port as an entrance",
    "client/src/routes/ticket.ts",
    "return ports?.every(isEntrancePort) === true ? ports : [];",
    "return (ports ?? []) as never;",
  ),
  bug(
    "a public address that asked for rest is asked when its entrance fails",
    "client/src/routes/either-way.ts",
    '  if (way === "entrance" && entrances.publicRestUntil > now) return undefined;\n',
    "",
  ),
  bug(
    "a body whose connection breaks begins anew",
    "client/src/routes/resumed-body.ts",
    "const resumedLengthMin = 4 * 1024;",
    "const resumedLengthMin = Infinity;",
  ),
  bug(
    "what a killed run had is fetched again",
    "client/src/download/partial.ts",
    "const claimed = length === 0 ? [] : await this.#journaled();",
    "const claimed = length < Infinity ? [] : await this.#journaled();",
  ),
  bug(
    "the file gets its name before it is synced",
    "client/src/download/partial.ts",
    "    await this.#part.sync();\n    await this.#requireInPlace();",
    "    await this.#requireInPlace();",
  ),
  {
    name: "an older timestamp is accepted",
    edits: [
      {
        file: "trust/src/trusted-set.ts",
        find: "if (last !== undefined && next.version <= last.version) {",
        replace: "if (last !== undefined && next.version === last.version) {",
      },
    ],
  },
  {
    name: "an older snapshot is accepted",
    edits: [
      {
        file: "trust/src/trusted-set.ts",
        find: "if (next.snapshot.version < snapshotMin) {",
        replace: "if (next.snapshot.version < 0 * snapshotMin) {",
      },
      {
        file: "trust/src/trusted-set.ts",
        find: "if (this.snapshot !== undefined) requireNoRollback(this.snapshot, next);",
        replace: "void requireNoRollback;",
      },
    ],
  },
  bug(
    "expired metadata is accepted",
    "trust/src/envelope.ts",
    "if (header.expires > now) return;",
    "if (header.expires > now - 1e12) return;",
  ),
  bug(
    "a clock that is decades ahead is believed",
    "client/src/metadata/judge-time.ts",
    "if (local <= lastExpiry + beyondReasonMs) return local;",
    "if (local <= lastExpiry + 1e6 * beyondReasonMs) return local;",
  ),
  bug(
    "silence is waited for without end",
    "client/src/routes/cancel.ts",
    "return await Promise.race([work, alarm]);",
    "alarm.catch(() => undefined);\n    return await work;",
  ),
  bug(
    "one failure puts a route out",
    "client/src/routes/contender.ts",
    "return isPassing(error) && !isOut;",
    "return isPassing(error) && isOut;",
  ),
  {
    name: "a route that fails is asked again at once, again and again",
    edits: [
      {
        file: "client/src/routes/backoff.ts",
        find: "this.rest(now + this.#waitMs);",
        replace: "this.rest(now);",
      },
      {
        file: "client/src/fetch/chunk-route-work.ts",
        find: "return this.expelled || this.#failures >= this.#limits.failuresMax;",
        replace: "return this.expelled;",
      },
      {
        file: "client/src/routes/retry-budget.ts",
        find: "return Math.max(0, Math.ceil(ms - 1e-6));",
        replace: "return 0 * ms;",
      },
    ],
  },
  bug(
    "the state is written in place",
    "client/src/metadata/trust-state.ts",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is code.
    "await this.#store.write(`${folder}/${name}`, bytes);",
    [
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is code.
      "const file = await this.#store.open(`${folder}/${name}`, 'create');",
      "await file.truncate(bytes.length); await file.writeAt(bytes, 0); await file.sync();",
      "await file.close();",
    ].join("\n"),
  ),
  bug(
    "Retry-After is not heard",
    "client/src/routes/exchange.ts",
    "if (host === route) route.rest(until);",
    "if (host === route) route.rest(clock.steady());",
  ),
  bug(
    "a race does not hear when a lane ends",
    "client/src/routes/race.ts",
    "      this.#running.delete(lane);\n      cancel.release();\n      this.#wake.resolve();",
    "      this.#running.delete(lane);\n      cancel.release();",
  ),
  bug(
    "no other route is asked for a second opinion",
    "client/src/metadata/asking.ts",
    "const whole = await this.#race.rest(secondOpinionMs, moreMs);",
    "this.#race.end();\n    const whole = [first];\n    void [secondOpinionMs, moreMs];",
  ),
  bug(
    "a far route's second opinion is not waited for",
    "client/src/metadata/asking.ts",
    "const opinionRoundTrips = 6;",
    "const opinionRoundTrips = 0;",
  ),
  bug(
    "an answer may be of any length",
    "client/src/routes/body.ts",
    "if (received > most) throw",
    "if (received > 1e12 + most) throw",
  ),
  bug(
    "a chunk's buffer is used again while it is being written",
    "client/src/fetch/chunk-lane.ts",
    "await events.arrived(this.#next, verified);",
    "void events.arrived(this.#next, verified);",
  ),
  bug(
    "the old patch is removed before the new one takes its place",
    "client/src/download/partial.ts",
    "await this.#store.rename(this.#files.part, name);",
    "await this.#store.remove(name);\n    await this.#store.rename(this.#files.part, name);",
  ),
  ...directoryMutations,
];
