import { styleText } from "node:util";
import { durationMs, isUtcSecond, sealedLimits } from "@causeway/kernel";
import { type Announced, announce, type AnnounceOptions as WhatToSay } from "@causeway/publisher";
import { InvalidArgumentError } from "commander";
import { txtRecord, txtStrings } from "../announcement/dns-txt.ts";
import { qrCode, qrLines } from "../announcement/qr-code.ts";
import { qrPng } from "../announcement/qr-png.ts";
import { OutputFile } from "../output-file.ts";
import { passphrasesFrom } from "../passphrase.ts";
import { logTo } from "../publisher-log.ts";
import { addVerb, type Context, collect, type Register } from "../verb.ts";
import { wholeNumber } from "../whole-number.ts";

interface AnnounceOptions {
  readonly dir: string;
  readonly route?: readonly string[];
  readonly shard?: readonly number[];
  readonly until?: number;
  readonly private?: true;
  readonly qr?: string;
  readonly txt?: true;
  readonly passphraseFile?: string;
}

const notes = `
Clients take the code as it is printed, however it is copied: it needs no route to get there, and
whoever passes it on cannot change it. It cannot be taken back before it ends. There it is
  causeway routes add CODE --state STATE
or the file announcement.txt in the state folder; and in the DNS (--txt) clients find it by themselves.
`;

const shardNumber = wholeNumber(1, sealedLimits.shardMax);

function withShard(text: string, before: readonly number[] | undefined): readonly number[] {
  return [...(before ?? []), shardNumber(text)];
}

/** `causeway announce`: a signed code that brings routes to clients that have lost theirs. */
export const registerAnnounce: Register = (program, context) => {
  const example = "causeway announce --route https://eu.example.net/ --until 3d --qr code.png";
  addVerb(program, "announce", "Sign a short code that carries routes.", example, notes)
    .option("--route <url>", "a route; may be repeated, up to four", collect)
    .option(
      "--shard <n>",
      "a shard whose sealed routes everybody may read of now; may be repeated, up to four",
      withShard,
    )
    .option(
      "--until <time>",
      "as 3d, or 2026-08-12T09:00:00Z; at most 90d (default: 7d)",
      timeAhead,
    )
    .option("--private", "the routes may lead into a private network")
    .option("--qr <file.png>", "also write it as a QR code")
    .option("--txt", "also print it as a DNS record")
    .option("--dir <dir>", "the vendor's folder", ".")
    .option("--passphrase-file <file>", "holds the passphrase of the keys")
    .action(async (options: AnnounceOptions) => {
      const announced = await announceInto(options.qr, options.dir, {
        urls: options.route ?? [],
        shards: options.shard ?? [],
        isPrivate: options.private === true,
        passphrase: passphrasesFrom(options.passphraseFile, context).known,
        log: logTo(context.terminal),
        ...(options.until !== undefined && { until: options.until }),
      });
      const { text } = announced;
      const more = {
        ...(options.qr !== undefined && { qr: options.qr }),
        ...(options.txt === true && { txt: txtStrings(text) }),
      };
      context.terminal.result({ ...announced, ...more }, told(announced, options, context));
    });
};

async function announceInto(
  png: string | undefined,
  dir: string,
  options: WhatToSay,
): Promise<Announced> {
  if (png === undefined) return announce(dir, options);
  const file = await OutputFile.open(png); // first: a code takes a number for good
  return file.fill(async () => {
    const announced = await announce(dir, options);
    return { content: qrPng(qrCode(announced.text, "M")), value: announced };
  });
}

function told(announced: Announced, options: AnnounceOptions, { terminal }: Context): string {
  const { text, repository, sequence, expires, urls, shards } = announced;
  const qr = terminal.isWatched ? terminalQr(text, terminal.columns) : [];
  return [
    ...inLines(text),
    "",
    ...qr,
    `${repository}: announcement ${sequence}, good until ${expires}`,
    ...urls.map((url) => `  ${url}`),
    ...shards.map((shard) => `  the key of shard ${shard}: it takes no new routes from now on`),
    ...(options.qr === undefined ? [] : [`  written to ${options.qr}`]),
    ...(options.txt === true ? ["", txtRecord(text)] : []),
  ].join("\n");
}

/** Four groups a line, which no mail programme breaks. */
function inLines(text: string): readonly string[] {
  const groups = text.split("-");
  const lines: string[] = [];
  while (groups.length > 0) lines.push(groups.splice(0, 4).join("-"));
  return lines;
}

function terminalQr(text: string, columns: number): readonly string[] {
  const code = qrCode(text, "L");
  if (code.length > columns) return [`(a QR code needs ${code.length} columns; --qr FILE.png)`, ""];
  const ink = (line: string): string => {
    return styleText(["black", "bgWhiteBright"], line, { stream: process.stdout });
  };
  const isColoured = ink("x") !== "x";
  const lines = qrLines(code, isColoured);
  return [...(isColoured ? lines.map(ink) : lines), ""];
}

function timeAhead(text: string): number {
  const ms = durationMs(text);
  if (ms !== undefined) return Date.now() + ms;
  if (isUtcSecond(text)) return Date.parse(text);
  throw new InvalidArgumentError("Write a time as 3d or 24h, or as 2026-08-12T09:00:00Z.");
}
