import { bug, type Mutation } from "./mutation.ts";

/** Bugs about lists of routes, announcements and reserves. */
export const directoryMutations: readonly Mutation[] = [
  bug(
    "whoever serves it says what the list of routes is",
    "client/src/metadata/metadata.ts",
    "verified(document, () => verifyTarget(target, got));",
    'if (target.path !== "routes.json") verified(document, () => verifyTarget(target, got));',
  ),
  bug(
    "what was retired is forgotten when a later list lacks it",
    "client/src/routes/listed/retired.ts",
    "urls: newest([...gone.map((url) => plainUrl(new URL(url))), ...known.urls]),\n    hosts: newest([...hosts, ...known.hosts]),",
    "urls: newest(gone.map((url) => plainUrl(new URL(url)))),\n    hosts: newest(known === before ? hosts : []),",
  ),
  bug(
    "a retired route is asked",
    "client/src/routes/listed/retired.ts",
    "return urls.has(plainUrl(base)) || (name !== undefined && hosts.has(name));",
    'return urls.size > 1e6 && hosts.has(name ?? "");',
  ),
  bug(
    "anybody may sign an announcement",
    "client/src/routes/announced/announcements.ts",
    "return isSignedByOneOf(authority, message, signature);",
    "return isSignedByOneOf(authority, message, signature) || message.length > 0;",
  ),
  bug(
    "an announcement may be of any repository",
    "kernel/src/announcement.ts",
    "if (trust.repository !== undefined && repository !== trust.repository) {",
    "if (trust.repository === undefined && repository !== trust.repository) {",
  ),
  bug(
    "an announcement is good for ever",
    "kernel/src/announcement.ts",
    "if (expires <= trust.now) {",
    "if (expires <= 0 * trust.now) {",
  ),
  bug(
    "an older announcement is taken after a newer one",
    "client/src/routes/announced/announcements.ts",
    "const taken = openAnnouncement(text, this.#trust(this.#record.sequence, hosts, urls));",
    "const taken = openAnnouncement(text, this.#trust(0 * this.#record.sequence, hosts, urls));",
  ),
  bug(
    "what lies in the state folder is not looked at",
    "client/src/client.ts",
    "await takeDropped(announcements, options.state, tell);",
    "void takeDropped;",
  ),
  bug(
    "a key that an announcement brings opens nothing",
    "client/src/open-routes.ts",
    "const reserves = await ReserveKeys.open(store, () => announcements.shardKeys);",
    "const reserves = await ReserveKeys.open(store);",
  ),
  bug(
    "the vendor's list names in the open what it seals",
    "sim/src/vendor/list.ts",
    "const routes = hosts.filter(({ shard }) => shard === undefined).map(entryOf);",
    "const routes = hosts.map(entryOf);",
  ),
  bug(
    "the list of an earlier run is not used",
    "client/src/open-routes.ts",
    "if (known !== undefined && !givenAlone) await routes.learn(known);",
    "if (known === undefined && !givenAlone) await routes.learn({ version: 1, routes: [] });",
  ),
];
