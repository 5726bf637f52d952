import { type Answer, type Body, withBody, withHeaders } from "../network/reply.ts";
import type { Behaviour, Family } from "./behaviour.ts";

const kinds = ["metadata/", "targets/", ".chunks", ".pack.zst", ".delta.zst", "app.bin", ""];

/** Changes a bit in each so many bytes, of some files or of all. */
export const corrupting: Family = (dice) => {
  return corruptingEvery(dice.spread(50, 500_000), dice.pick(kinds), dice.below(50));
};

/** Changes a bit in each `every` bytes of files whose path has `part` in it. */
export function corruptingEvery(every: number, part = "app.bin", at = 7): Behaviour {
  return {
    name: `corrupting a byte in ${every} of *${part}*`,
    reply: ({ asked, honest }) => {
      const answer = honest();
      if (answer.status >= 300 || !asked.path.includes(part)) return answer;
      return { ...answer, body: corrupted(answer.body, asked.range?.start ?? 0, every, at) };
    },
  };
}

function corrupted(body: Body, start: number, every: number, at: number): Body {
  return {
    ...body,
    read(position, length) {
      const bytes = body.read(position, length);
      const first = start + position;
      for (let next = Math.ceil((first - at) / every) * every + at; next < first + bytes.length; ) {
        bytes[next - first] = (bytes[next - first] ?? 0) ^ 16;
        next += every;
      }
      return bytes;
    },
  };
}

/** Ends before the end, and says so or not. */
export const truncating: Family = (dice) => {
  const percent = dice.between(0, 99);
  const admits = dice.chance(1, 3);
  const after = dice.pick(["end", "reset"] as const);
  return {
    name: `truncating to ${percent} %${admits ? ", as promised" : ""} (${after})`,
    reply: ({ honest }) => {
      const answer = honest();
      const length = Math.floor((answer.body.length * percent) / 100);
      const cut = withBody(answer, { length, after });
      return admits ? withHeaders(cut, { "content-length": String(length) }) : cut;
    },
  };
};

/** Never ends; says how long it is, or not. */
export const endless: Family = (dice) => {
  const promise = dice.pick([undefined, "999999999999", "honest"] as const);
  const kind = dice.pick(["zeros", "repeats"] as const);
  return {
    name: `endless (${kind}, content-length ${promise})`,
    reply: ({ honest }): Answer => {
      const answer = honest();
      const { body } = answer;
      const read = (at: number, length: number): Uint8Array => {
        if (at < body.length) return body.read(at, Math.min(length, body.length - at));
        return kind === "zeros" || body.length === 0
          ? new Uint8Array(length)
          : body.read(at % body.length, length);
      };
      const run = withBody(answer, { length: Infinity, read });
      return promise === "honest" ? run : withHeaders(run, { "content-length": promise });
    },
  };
};
