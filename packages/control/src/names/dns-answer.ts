/** One record of an answer, as `dig` writes it. */
export interface DnsRecord {
  /** In lower case, without the last dot. */
  readonly owner: string;
  readonly ttlSeconds: number;
  readonly type: string;
  readonly value: string;
}

/** What a server said to one question. */
export interface DnsAnswer {
  /** As `NOERROR`, `NXDOMAIN`, `SERVFAIL`; undefined when no answer came. */
  readonly status: string | undefined;
  readonly isAuthoritative: boolean;
  readonly answer: readonly DnsRecord[];
  readonly authority: readonly DnsRecord[];
}

export const noAnswer: DnsAnswer = {
  status: undefined,
  isAuthoritative: false,
  answer: [],
  authority: [],
};

const recordsMax = 500; // of one answer: 64 KiB hold no more that anybody has a use for

/** Reads what `dig +noall +comments +answer +authority` writes, one answer for each question. */
export function parseAnswers(text: string): readonly DnsAnswer[] {
  const blocks = text.split(/^;; (?=->>HEADER<<-|communications error|no servers could)/m).slice(1);
  return blocks.filter((block) => !block.startsWith("communications")).map(parseBlock);
}

function parseBlock(block: string): DnsAnswer {
  const status = /^->>HEADER<<-.*\bstatus: ([A-Z0-9]+),/.exec(block)?.[1];
  if (status === undefined) return noAnswer;
  const flags = /^;; flags:([a-z ]*);/m.exec(block)?.[1] ?? "";
  const sections = block.split(/^;; (?=[A-Z]+ (?:PSEUDO)?SECTION:)/m);
  const section = (name: string): readonly DnsRecord[] => {
    return parseRecords(sections.find((each) => each.startsWith(`${name} SECTION:`)) ?? "");
  };
  return {
    status,
    isAuthoritative: flags.split(" ").includes("aa"),
    answer: section("ANSWER"),
    authority: section("AUTHORITY"),
  };
}

function parseRecords(section: string): readonly DnsRecord[] {
  const records: DnsRecord[] = [];
  for (const line of section.split("\n").slice(0, recordsMax)) {
    const match = /^([^\s;]\S*)\s+(\d{1,10})\s+IN\s+([A-Z0-9]+)\s+(\S.*)$/.exec(line.trimEnd());
    if (match === null) continue;
    const [, owner = "", ttl = "", type = "", value = ""] = match;
    records.push({
      owner: owner.toLowerCase().replace(/\.$/, ""),
      ttlSeconds: Number(ttl),
      type,
      value,
    });
  }
  return records;
}
