import { rmSync } from "node:fs";
import { Spread } from "../spread.ts";
import type { Field } from "./field.ts";
import { aria2, aria2Metalink, aria2Saving, causeway, curl, type Program } from "./programs.ts";
import { fileLength } from "./repository.ts";

const rounds = Number(process.env["CAUSEWAY_BENCH_RUNS"] ?? 5);
const programs = [causeway, aria2, aria2Saving, aria2Metalink, curl];
const secondsMax = 30;
const killAt = 0.6; // of the file
const instants = 20;
const anywhere = [causeway, aria2Saving]; // who else shares the routes forgets nearly all
const lifeMs = { min: 500, max: 3_000 };
const livesMax = 25; // who is not done by then makes no progress

/** What a kill costs, and whether an endless row of them ends. */
export async function measureKills(field: Field): Promise<string> {
  const once = programs.map((program) => ({ program, megabytes: [] as number[], right: 0 }));
  const often = programs.map((program) => ({
    program,
    shares: [] as number[],
    lives: [] as number[],
    right: 0,
  }));
  const scattered = anywhere.map((program) => ({ program, megabytes: [] as number[], right: 0 }));
  const chance = chances(instants);
  for (let at = 1; at <= instants; at++) {
    const share = (at - 1 + chance()) / instants;
    for (const row of scattered) {
      say(at, instants, `kill -9 anywhere: ${await addLoss(field, row, share)}`);
    }
  }
  for (let round = 1; round <= rounds; round++) {
    for (const row of once) {
      say(round, rounds, `kill -9 at 60 %: ${await addLoss(field, row, killAt)}`);
    }
    for (const row of often) {
      const { received, lives, right } = await killedOften(field, row.program, round);
      row.shares.push(received / fileLength);
      row.lives.push(lives);
      if (right) row.right++;
      say(
        round,
        rounds,
        `reboots: ${row.program.name} ${(received / fileLength).toFixed(3)}x, ${lives} lives`,
      );
    }
  }
  return [
    "Killed (SIGKILL) when 60 % of the file had come, started again, run to its end:",
    "",
    ...lossTable(once),
    "",
    `The same at ${instants} random instants, one in each twentieth of the file:`,
    "",
    ...lossTable(scattered),
    "",
    "The reboot loop, killed 0.5 to 3 s after each start until it is done, the same lives for all",
    `in one round, at most ${livesMax}:`,
    "",
    "| program | bytes of the file's size, median | least | most | runs | lives, median | right |",
    "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ...often.map(({ program, shares, lives, right }) => {
      return `| ${program.name} | ${new Spread(shares).cells} | ${new Spread(lives).median} | ${right} |`;
    }),
  ].join("\n");
}

interface Losses {
  readonly program: Program;
  readonly megabytes: number[];
  right: number;
}

/** Adds what one kill cost. @returns that, in words */
async function addLoss(field: Field, row: Losses, share: number): Promise<string> {
  const { again, right } = await killedOnce(field, row.program, share);
  row.megabytes.push(again / 1e6);
  if (right) row.right++;
  return `${row.program.name} ${(again / 1e6).toFixed(1)} MB again`;
}

function lossTable(rows: readonly Losses[]): readonly string[] {
  return [
    "| program | MB fetched again, median | least | most | runs | right |",
    "| --- | ---: | ---: | ---: | ---: | ---: |",
    ...rows.map(({ program, megabytes, right }) => {
      return `| ${program.name} | ${new Spread(megabytes).cells} | ${right} |`;
    }),
  ];
}

async function killedOnce(
  field: Field,
  program: Program,
  share: number,
): Promise<{ readonly again: number; readonly right: boolean }> {
  const folder = field.newFolder();
  const first = await field.resume(program, folder, secondsMax, ({ received }) => {
    return received >= fileLength * share ? "kill" : undefined;
  });
  const second = await field.resume(program, folder, secondsMax, () => undefined);
  rmSync(folder, { recursive: true });
  return { again: first.received + second.received - fileLength, right: second.right };
}

async function killedOften(
  field: Field,
  program: Program,
  seed: number,
): Promise<{ readonly received: number; readonly lives: number; readonly right: boolean }> {
  const folder = field.newFolder();
  const lifetimes = lifetimesOf(seed);
  let received = 0;
  for (let lives = 1; ; lives++) {
    const life = lifetimes();
    const ran = await field.resume(program, folder, secondsMax, ({ ms }) => {
      return ms >= life ? "kill" : undefined;
    });
    received += ran.received;
    const done = ran.code === 0 && ran.right;
    if (!done && lives < livesMax) continue;
    rmSync(folder, { recursive: true });
    return { received, lives, right: done };
  }
}

/** The same for every program of one round. */
function lifetimesOf(seed: number): () => number {
  const chance = chances(seed);
  return () => lifeMs.min + chance() * (lifeMs.max - lifeMs.min);
}

/** Numbers from 0 to 1; a linear congruential generator is chance enough. */
function chances(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function say(round: number, of: number, text: string): void {
  process.stderr.write(`  ${round}/${of} ${text}\n`);
}
