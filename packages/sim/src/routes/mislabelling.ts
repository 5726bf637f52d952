import { type Answer, bodyOf, withHeaders } from "../network/reply.ts";
import type { Family, Situation } from "./behaviour.ts";

const mislabels: Readonly<Record<string, (situation: Situation) => Answer>> = {
  "the next range": ({ asked, honest }) => {
    const answer = honest();
    if (asked.range === undefined) return answer;
    const { start, end } = asked.range;
    return withHeaders(answer, { "content-range": `bytes ${start + 1}-${end}/*` });
  },
  "no range at all": ({ honest }) => withHeaders(honest(), { "content-range": undefined }),
  "a whole file for a range": ({ asked, honest, vendor, state }) => {
    const bytes = vendor.file(asked.path, state);
    if (bytes === undefined || asked.range === undefined) return honest();
    const whole = { ...honest(), status: 200, body: bodyOf(bytes) };
    return withHeaders(whole, {
      "content-range": undefined,
      "content-length": String(bytes.length),
    });
  },
  gzip: ({ honest }) => withHeaders(honest(), { "content-encoding": "gzip" }),
  multipart: ({ honest }) => {
    return withHeaders(honest(), { "content-type": "multipart/byteranges; boundary=x" });
  },
  "a part, unasked": ({ honest }) => ({ ...honest(), status: 206 }),
};

/** Right bytes under wrong headers, or the other way round. */
export const mislabelling: Family = (dice) => {
  const name = dice.pick(Object.keys(mislabels));
  const reply = mislabels[name];
  return {
    name: `mislabelling: ${name}`,
    reply: (situation) => reply?.(situation) ?? situation.honest(),
  };
};
