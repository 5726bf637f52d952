import assert from "node:assert/strict";
import { generateKeyPairSync, sign, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import {
  type Announcement,
  type AnnouncementCode,
  type AnnouncementTrust,
  announcementMessage,
  announcementText,
  encodeAnnouncement,
  openAnnouncement,
  type RepositoryId,
  readAnnouncement,
} from "../src/index.ts";

const { publicKey, privateKey } = generateKeyPairSync("ed25519");
const minute = 60_000;
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const now = Date.parse("2026-11-29T12:00:00Z");

const announced: Announcement = {
  repository: "0123456789abcdef" as RepositoryId,
  sequence: 7,
  expires: now + 60 * minute,
  urls: ["https://patches.example.com/", "https://patches.example.net/"],
};

const trust: AnnouncementTrust = {
  repository: announced.repository,
  takenSequence: 6,
  now,
  verifies: (message, signature) => verify(null, message, publicKey, signature),
};

function code(announcement: Announcement = announced): string {
  const body = encodeAnnouncement(announcement);
  return announcementText(body, sign(null, announcementMessage(body), privateKey));
}

const text = code();
const bare = text.replaceAll("-", "");

function refusal(given: string, trusted: AnnouncementTrust = trust): AnnouncementCode | "taken" {
  try {
    openAnnouncement(given, trusted);
    return "taken";
  } catch (error) {
    return (error as { code: AnnouncementCode }).code;
  }
}

test("two ordinary URLs make a code of at most 260 characters", () => {
  assert.equal(text.length <= 260, true, `${text.length}`);
  assert.match(text, /^(?:[0-9A-HJKMNP-TV-Z]{10}-)+[0-9A-HJKMNP-TV-Z]{1,10}$/);
});

const url = fc
  .tuple(
    fc.constantFrom("http", "https"),
    fc.stringMatching(/^[a-z]{1,20}$/),
    fc.option(fc.integer({ min: 1024, max: 65_535 }), { nil: undefined }),
    fc
      .stringMatching(/^(?:[a-z0-9._~-]{1,10}\/){0,3}$/)
      .filter((path) => !/(?:^|\/)\.{1,2}\//.test(path)),
  )
  .map(([scheme, host, port, path]) => {
    return `${scheme}://${host}.example${port === undefined ? "" : `:${port}`}/${path}`;
  });

const announcement = fc.record(
  {
    repository: fc.stringMatching(/^[0-9a-f]{16}$/).map((id) => id as RepositoryId),
    sequence: fc.integer({ min: 1, max: 0xffff_ffff }),
    expires: fc.integer({ min: 0, max: 0xffff_ffff }).map((minutes) => minutes * minute),
    urls: fc
      .uniqueArray(url, { minLength: 1, maxLength: 4 })
      .map(([first = "", ...others]): Announcement["urls"] => [first, ...others]),
    shardKeys: fc.array(
      fc.record(
        {
          shard: fc.integer({ min: 1, max: 1024 }),
          key: fc
            .uint8Array({ minLength: 32, maxLength: 32 })
            .map((bytes) => Buffer.from(bytes).toString("base64url")),
        },
        { noNullPrototype: true },
      ),
      { minLength: 1, maxLength: 2 },
    ),
  },
  { noNullPrototype: true, requiredKeys: ["repository", "sequence", "expires", "urls"] },
);

test("what was encoded is read back, however it was copied", () => {
  const between = fc.constantFrom("", " ", "-", "\n", "\r\n  ", "–", "\u00ad", "\u200b", "\u00a0");
  fc.assert(
    fc.property(
      announcement,
      fc.array(between, { minLength: 1 }),
      fc.boolean(),
      (given, marks, lower) => {
        const written = code(given).replaceAll("-", "");
        const copied = Array.from(written, (one, at) => one + marks[at % marks.length]).join("");
        const folded = copied.replaceAll("0", "O").replaceAll("1", "l");
        const { message, signature, ...read } = readAnnouncement(
          lower ? folded.toLowerCase() : folded,
        );
        assert.deepEqual(read, given);
        assert.equal(verify(null, message, publicKey, signature), true);
      },
    ),
  );
});

test("one wrong character, or two that changed places, are told with their group", () => {
  const position = fc.integer({ min: 0, max: bare.length - 1 });
  fc.assert(
    fc.property(position, fc.constantFrom(...alphabet.split("")), (at, other) => {
      fc.pre(other !== bare[at]);
      const wrong = bare.slice(0, at) + other + bare.slice(at + 1);
      const group = Math.floor(at / 10) + 1;
      assert.throws(() => readAnnouncement(wrong), { code: "ANNOUNCEMENT_MISTYPED", group });
    }),
    { numRuns: 500 },
  );
  fc.assert(
    fc.property(position, (at) => {
      const [a = "", b = ""] = bare.slice(at, at + 2);
      fc.pre(a !== b && b !== "");
      const wrong = bare.slice(0, at) + b + a + bare.slice(at + 2);
      const group = Math.floor(at / 10) + 1;
      assert.throws(() => readAnnouncement(wrong), { code: "ANNOUNCEMENT_MISTYPED", group });
    }),
  );
});

test("groups that changed places, and one that is missing, are told", () => {
  const groups = text.split("-");
  const [first = "", second = "", third = "", ...others] = groups;
  const swapped = [first, third, second, ...others].join("-");
  assert.throws(() => readAnnouncement(swapped), { code: "ANNOUNCEMENT_MISTYPED", group: 2 });
  const missing = [first, third, ...others].join("-");
  assert.throws(() => readAnnouncement(missing), { code: "ANNOUNCEMENT_MISTYPED", group: 2 });
});

test("a code that was cut anywhere is truncated, and nothing else", () => {
  for (let length = 0; length < bare.length; length++) {
    assert.equal(refusal(bare.slice(0, length)), "ANNOUNCEMENT_TRUNCATED", `${length} characters`);
  }
});

/** A body like the good one, with some of it written over, signed all the same. */
function made(
  change: (body: Uint8Array, view: DataView) => void,
  extra: readonly number[] = [],
): string {
  const good = encodeAnnouncement(announced);
  const body = Uint8Array.of(...good, ...extra);
  const view = new DataView(body.buffer);
  view.setUint16(1, body.length + 64);
  change(body, view);
  return announcementText(body, sign(null, announcementMessage(body), privateKey));
}

const ascii = (letters: string): number[] => [...Buffer.from(letters, "latin1")];
const item = (kind: number, letters: string): number[] => [kind, letters.length, ...ascii(letters)];

const shardItem = (shard: number, length = 32): number[] => {
  return [16, length + 2, shard >> 8, shard & 255, ...Array<number>(length).fill(7)];
};

const hostile: readonly (readonly [string, string, AnnouncementCode])[] = [
  ["nothing", "", "ANNOUNCEMENT_TRUNCATED"],
  ["separators", "- \n -", "ANNOUNCEMENT_TRUNCATED"],
  ["a URL", "https://patches.example.com/", "ANNOUNCEMENT_MISTYPED"],
  ["a letter that Crockford leaves out", `U${bare.slice(1)}`, "ANNOUNCEMENT_MISTYPED"],
  ["a megabyte", text + " ".repeat(1_000_000), "ANNOUNCEMENT_MALFORMED"],
  ["the code twice", text + text, "ANNOUNCEMENT_MALFORMED"],
  ["a newer format", made((body) => void (body[0] = 2)), "ANNOUNCEMENT_MALFORMED"],
  ["a length of 0", made((_, view) => view.setUint16(1, 0)), "ANNOUNCEMENT_MALFORMED"],
  ["a length of 64 KiB", made((_, view) => view.setUint16(1, 65_535)), "ANNOUNCEMENT_MALFORMED"],
  [
    "a length of one more",
    made((body, view) => view.setUint16(1, body.length + 65)),
    "ANNOUNCEMENT_TRUNCATED",
  ],
  ["sequence 0", made((_, view) => view.setUint32(11, 0)), "ANNOUNCEMENT_MALFORMED"],
  [
    "no item that is known",
    made((body) => ((body[19] = 99), void (body[40] = 98))),
    "ANNOUNCEMENT_MALFORMED",
  ],
  ["an item without an end", made(() => undefined, [1, 200, 65]), "ANNOUNCEMENT_MALFORMED"],
  ["an item without a length", made(() => undefined, [1]), "ANNOUNCEMENT_MALFORMED"],
  [
    "five routes",
    made(
      () => undefined,
      "abc".split("").flatMap((host) => item(1, host)),
    ),
    "ANNOUNCEMENT_MALFORMED",
  ],
  [
    "a user and a password",
    made(() => undefined, item(1, "a:b@c.example")),
    "ANNOUNCEMENT_MALFORMED",
  ],
  ["a query", made(() => undefined, item(1, "c.example/?q=")), "ANNOUNCEMENT_MALFORMED"],
  ["a line break", made(() => undefined, item(1, "c.example/a\nb")), "ANNOUNCEMENT_MALFORMED"],
  ["a name in upper case", made(() => undefined, item(1, "C.example")), "ANNOUNCEMENT_MALFORMED"],
  [
    "letters beyond ASCII",
    made(() => undefined, item(1, "c\xe9.example")),
    "ANNOUNCEMENT_MALFORMED",
  ],
  ["a key that is too short", made(() => undefined, shardItem(1, 31)), "ANNOUNCEMENT_MALFORMED"],
  ["a key that is too long", made(() => undefined, shardItem(1, 33)), "ANNOUNCEMENT_MALFORMED"],
  ["a key of shard 0", made(() => undefined, shardItem(0)), "ANNOUNCEMENT_MALFORMED"],
  ["a key of shard 1025", made(() => undefined, shardItem(1025)), "ANNOUNCEMENT_MALFORMED"],
  [
    "five keys",
    made(
      () => undefined,
      [1, 2, 3, 4, 5].flatMap((shard) => shardItem(shard)),
    ),
    "ANNOUNCEMENT_MALFORMED",
  ],
  ["an address in octal", made(() => undefined, item(1, "0177.0.0.1")), "ANNOUNCEMENT_MALFORMED"],
];

for (const [what, given, expected] of hostile) {
  test(`hostile: ${what} is refused as ${expected}`, () => {
    assert.equal(refusal(given), expected);
  });
}

test("an item of a kind that is not known yet is passed over", () => {
  const { urls } = openAnnouncement(
    made(() => undefined, item(99, "something new")),
    trust,
  );
  assert.deepEqual(urls, announced.urls);
});

test("an announcement may bring keys of shards, and no route", () => {
  const shardKeys = [{ shard: 1024, key: Buffer.alloc(32, 200).toString("base64url") }];
  const { urls, shardKeys: read } = openAnnouncement(
    code({ ...announced, urls: [], shardKeys }),
    trust,
  );
  assert.deepEqual([urls, read], [[], shardKeys]);
});

test("each kind of refusal has a code of its own", () => {
  assert.equal(refusal(text), "taken");
  assert.equal(refusal(text, { ...trust, repository: undefined }), "taken");
  const other = "fedcba9876543210" as RepositoryId;
  assert.equal(refusal(text, { ...trust, repository: other }), "ANNOUNCEMENT_FOREIGN");
  assert.equal(refusal(text, { ...trust, verifies: () => false }), "ANNOUNCEMENT_FORGED");
  assert.equal(refusal(text, { ...trust, now: announced.expires }), "ANNOUNCEMENT_EXPIRED");
  assert.equal(refusal(text, { ...trust, now: announced.expires - 1 }), "taken");
  assert.equal(refusal(text, { ...trust, takenSequence: 7 }), "ANNOUNCEMENT_REPLAYED");
  assert.equal(refusal(text, { ...trust, takenSequence: 8 }), "ANNOUNCEMENT_REPLAYED");
});

test("no bit of an announcement can change without its signature", () => {
  const body = encodeAnnouncement(announced);
  const signature = sign(null, announcementMessage(body), privateKey);
  for (let bit = 0; bit < body.length * 8; bit++) {
    const changed = body.slice();
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    assert.notEqual(refusal(announcementText(changed, signature)), "taken", `bit ${bit}`);
  }
});

test("no text makes the reader throw anything but its own errors", () => {
  const letters = fc.constantFrom(...alphabet.split(""));
  const anything = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.string({ unit: letters, maxLength: 300 }),
  );
  fc.assert(
    fc.property(anything, (given) => {
      assert.match(refusal(given), /^ANNOUNCEMENT_/);
    }),
  );
});

test("what no announcement can say is not encoded", () => {
  const refused = [
    ["file:///srv/"],
    ["https://patches.example.com"],
    [`https://${"a.".repeat(130)}example/`],
    Array.from("abcde", (host) => `https://${host}.example/`),
    Array.from("abcd", (host) => `https://${host}.example/${"p".repeat(200)}/`),
  ];
  for (const [first = "", ...others] of refused) {
    const given = { ...announced, urls: [first, ...others] as const };
    assert.throws(() => encodeAnnouncement(given), { code: "USAGE_ARGUMENT" }, first);
  }
});

test("the vectors of docs/announcement.md are read as it says", () => {
  const page = readFileSync(new URL("../../../docs/announcement.md", import.meta.url), "utf8");
  const [vectors = ""] = /(?<=```json\n)[^]*?(?=```)/.exec(page) ?? [];
  interface Vector {
    readonly text: string;
    readonly hex: string;
    readonly says: Announcement;
  }
  const {
    publicKey: x,
    good,
    withKey,
    bad,
  } = JSON.parse(vectors) as {
    readonly publicKey: string;
    readonly good: Vector;
    readonly withKey: Vector;
    readonly bad: readonly { readonly text: string; readonly code: AnnouncementCode }[];
  };
  const key = {
    key: { kty: "OKP", crv: "Ed25519", x: Buffer.from(x, "hex").toString("base64url") },
    format: "jwk",
  } as const;
  const trusted: AnnouncementTrust = {
    repository: good.says.repository,
    takenSequence: 41,
    now: Date.parse("2026-11-29T12:00:00Z"),
    verifies: (message, signature) => verify(null, message, key, signature),
  };
  for (const { text: written, hex, says } of [good, withKey]) {
    const read = openAnnouncement(written, trusted);
    const expires = new Date(read.expires).toISOString();
    assert.deepEqual({ ...read, expires }, says);
    const body = encodeAnnouncement(read);
    const { signature } = readAnnouncement(written);
    assert.equal(Buffer.concat([body, signature]).toString("hex"), hex);
    assert.equal(announcementText(body, signature), written);
  }
  for (const vector of bad) assert.equal(refusal(vector.text, trusted), vector.code);
});
