import { floodAddress } from "./addresses.ts";
import { Bot, type BotPorts } from "./bot.ts";
import { checkFloodJob, type FloodJob, type FloodTold, holdingKinds } from "./flood-job.ts";
import { floodRequests } from "./flood-requests.ts";
import { Holder } from "./holder.ts";

// A flood of some ports of this machine: it is told its job, and to stop; it tells what came of it. It
// asks at a rate, whatever comes back, as long as it has an idle connection.

const tickMs = 5;
const patienceMs = 5_000;
const holdersPerTick = 100; // connections that are opened at once

process.once("message", (message) => flood(checkFloodJob(message as FloodJob)));

function flood(job: FloodJob): void {
  const began = performance.now();
  const counts: Counts = { sent: 0, connected: 0, answers: {} };
  const close = holdingKinds.has(job.kind) ? hold(job, counts) : ask(job, counts, began);
  const end = (): void => {
    const seconds = (performance.now() - began) / 1000;
    close();
    process.send?.({ seconds, ...counts } satisfies FloodTold, undefined, undefined, () => {
      process.exit(0);
    });
  };
  process.once("message", end);
  process.send?.("begun");
  setTimeout(end, job.seconds * 1000);
}

interface Counts {
  sent: number;
  connected: number;
  readonly answers: Record<number, number>;
}

function portsOf({ ports }: FloodJob, at: number, counts: Counts): BotPorts {
  return {
    port: ports[at % ports.length] ?? 0,
    onConnected: () => {
      counts.connected++;
    },
    onAnswer: (status) => {
      counts.answers[status] = (counts.answers[status] ?? 0) + 1;
    },
  };
}

/** @returns what ends it */
function ask(job: FloodJob, counts: Counts, began: number): () => void {
  const texts = floodRequests(job);
  const bots = Array.from({ length: job.connections }, (_, at) => {
    return new Bot(floodAddress(at, job.sources), portsOf(job, at, counts));
  });
  let next = 0;
  const timer = setInterval(() => {
    const now = performance.now();
    let due = Math.floor(((now - began) / 1000) * job.perSecond) - counts.sent;
    for (let looked = 0; due > 0 && looked < bots.length; looked++) {
      const bot = bots[next];
      next = (next + 1) % bots.length;
      if (bot?.idle !== true) continue;
      bot.ask(texts[counts.sent % texts.length] ?? "", now);
      counts.sent++;
      due--;
    }
    for (const bot of bots) bot.giveUp(now - patienceMs);
  }, tickMs);
  return () => {
    clearInterval(timer);
    for (const bot of bots) bot.close();
  };
}

/** @returns what ends it */
function hold(job: FloodJob, counts: Counts): () => void {
  const [text = ""] = floodRequests(job);
  const holders = Array.from({ length: job.connections }, (_, at) => {
    return new Holder(
      floodAddress(at, job.sources),
      text,
      job.kind === "drip",
      portsOf(job, at, counts),
    );
  });
  const timer = setInterval(() => {
    const now = performance.now();
    let room = holdersPerTick;
    for (const holder of holders) {
      if (!holder.idle) holder.live(now);
      else if (room-- > 0) {
        holder.begin(now);
        counts.sent++;
      }
    }
  }, tickMs * 4);
  return () => {
    clearInterval(timer);
    for (const holder of holders) holder.close();
  };
}
