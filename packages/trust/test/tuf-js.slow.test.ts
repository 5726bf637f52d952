import assert from "node:assert/strict";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { InvariantBroken, TrustError } from "@causeway/kernel";
import { Lookup, TrustedSet } from "@causeway/trust";
import fc from "fast-check";
import {
  type Draw,
  documentChanges,
  fileChanges,
  lookupPaths,
  type RepositoryChange,
} from "./support/hostile-changes.ts";
import { MissingOnRoute, TestClient } from "./support/test-client.ts";
import { now, TestRepository } from "./support/test-repository.ts";
import { TufJsClient } from "./support/tuf-js-client.ts";

/** What one client made of a repository: hashes by path, or undefined when it refused. */
type Outcome = readonly (string | undefined)[] | undefined;

/** What happens to the repository before the two clients look at it again. */
interface Round {
  readonly documents: readonly Change[];
  readonly publishesRoot: boolean;
  readonly files: readonly Change[];
}

interface Change {
  readonly name: string;
  readonly draws: readonly number[];
}

function anyOf(
  changes: Readonly<Record<string, RepositoryChange>>,
  maxLength: number,
): fc.Arbitrary<Change[]> {
  const name = fc.constantFrom(...Object.keys(changes));
  const draws = fc.array(fc.nat(), { minLength: 24, maxLength: 24 });
  return fc.array(fc.record({ name, draws }), { maxLength });
}

const anyRound: fc.Arbitrary<Round> = fc.record({
  documents: anyOf(documentChanges, 4),
  publishesRoot: fc.boolean(),
  files: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, anyOf(fileChanges, 1)),
});
const rounds = fc.array(anyRound, { minLength: 1, maxLength: 3 });

function play(repository: TestRepository, { documents, publishesRoot, files }: Round): void {
  const apply = (changes: typeof documentChanges, { name, draws }: Change): void => {
    attempt(() => changes[name]?.(repository, drawFrom(draws)));
  };
  for (const change of documents) apply(documentChanges, change);
  const roles = [...(publishesRoot ? ["root"] : []), ...repository.roles.keys()];
  for (const role of [...roles, "snapshot", "timestamp"]) attempt(() => repository.publish(role));
  for (const change of files) apply(fileChanges, change);
}

/** A spoiled document cannot always be signed, or spoiled again; then it stays as it is. */
function attempt(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof TypeError) && !(error instanceof InvariantBroken)) throw error;
  }
}

function ours(client: TestClient, repository: TestRepository): Outcome {
  try {
    const set = client.refresh();
    return lookupPaths.map((path) => find(set, path, repository));
  } catch (error) {
    if (error instanceof TrustError || error instanceof MissingOnRoute) return undefined;
    throw error;
  }
}

function find(set: TrustedSet, path: string, repository: TestRepository): string | undefined {
  const lookup = new Lookup(set, path, now);
  while (lookup.want !== undefined) {
    const bytes = repository.fetch(`metadata/${lookup.want.path}`);
    if (bytes === undefined) return undefined;
    try {
      lookup.offer(bytes);
    } catch (error) {
      if (error instanceof TrustError) return undefined;
      throw error;
    }
  }
  return lookup.found?.hashes.get("sha256");
}

function drawFrom(numbers: readonly number[]): Draw {
  let at = 0;
  return (below) => (numbers[at++ % numbers.length] ?? 0) % below;
}

/** 0 stands for a role of which nothing is known. */
function topLevel(versions: Readonly<Record<string, number>>): readonly number[] {
  return ["root", "timestamp", "snapshot", "targets"].map((role) => versions[role] ?? 0);
}

test("what we accept, tuf-js accepts, and finds the same in it", async () => {
  const seen = { bothAccepted: 0, bothRefused: 0, onlyTufJs: 0 };
  await fc.assert(
    fc.asyncProperty(rounds, async (scenario) => {
      const repository = new TestRepository();
      const client = new TestClient(repository);
      using other = new TufJsClient(repository);
      for (const round of scenario) {
        play(repository, round);
        const mine = ours(client, repository);
        const theirs: Outcome = await other.find(lookupPaths).catch(() => undefined);
        // A fault of tuf-js: it knows no recovery from stolen keys, and holds on to what we let go.
        if (client.removed.length > 0) return;
        if (mine !== undefined) assert.ok(theirs !== undefined, "tuf-js refused what we accepted");
        const kind = mine !== undefined ? "bothAccepted" : theirs ? "onlyTufJs" : "bothRefused";
        seen[kind]++;
        mine?.forEach((hash, index) => {
          if (hash !== undefined) assert.equal(theirs?.[index], hash, lookupPaths[index]);
        });
        const [known, theirKnown] = [topLevel(client.versions()), topLevel(other.versions())];
        for (const [index, version] of known.entries()) {
          if (version === 0) continue; // tuf-js takes even negative versions
          assert.ok(
            version <= (theirKnown[index] ?? 0),
            `${known.join(" ")} is newer than ${theirKnown.join(" ")}`,
          );
        }
        // Once tuf-js kept something that we refused, the two no longer know the same.
        if (!isDeepStrictEqual(known, theirKnown)) return;
      }
    }),
    { numRuns: 300 },
  );
  assert.ok(seen.bothAccepted > 50 && seen.bothRefused > 50, JSON.stringify(seen));
});
