import { plainAnswer, withHeaders } from "../network/reply.ts";
import type { Family } from "./behaviour.ts";
import { httpDate } from "./http-date.ts";

const retryAfters = [undefined, "0", "5", "120", "86400", "99999999", "soon", "-1", "date"];

/** Answers as a flooded or a guarded server does, to all requests or to some. */
export const refusing: Family = (dice) => {
  const status = dice.pick([403, 404, 429, 503, 500]);
  const retryAfter = dice.pick(retryAfters);
  const of = dice.pick([1, 1, 2, 5]); // all of the requests, or one in so many
  const part = dice.pick(["", "", "metadata/", "targets/", ".root.json"]);
  return {
    name: `refusing 1 in ${of} of *${part}* with ${status}, retry-after ${retryAfter}`,
    reply: ({ asked, honest }) => {
      if (!asked.path.includes(part) || !dice.chance(1, of)) return honest();
      const date = httpDate(asked.now);
      const until = retryAfter === "date" ? httpDate(asked.now + 90_000) : retryAfter;
      const more = until === undefined ? { date } : { date, "retry-after": until };
      return plainAnswer(status, "busy\n", more);
    },
  };
};

/** A portal that wants to be paid or clicked first. */
export const loginPage: Family = (dice) => {
  const type = dice.pick(["text/html", "text/html; charset=utf-8", "application/octet-stream"]);
  return {
    name: `login page as ${type}`,
    reply: () => plainAnswer(200, "<html>Please log in.</html>", { "content-type": type }),
  };
};

/** Leads elsewhere, round and round, or to where the file is after all. */
export const redirecting: Family = (dice) => {
  const where = dice.pick(["http://elsewhere.example/", "ftp://x/", "", "/loop/", "::"]);
  return {
    name: `redirecting to ${JSON.stringify(where)}`,
    reply: ({ asked }) => {
      const location = where === "" ? `/${asked.path}` : `${where}${asked.path}`;
      return plainAnswer(dice.pick([301, 302, 307, 308]), "", { location });
    },
  };
};

/** Honest, but for the time: by years, or by minutes. */
export const lyingAboutTime: Family = (dice) => {
  const days = dice.pick([-7300, -400, -1, 1, 400, 7300]);
  return {
    name: `honest, with a date ${days} days off`,
    liesDate: true,
    reply: ({ asked, honest }) => {
      return withHeaders(honest(), { date: httpDate(asked.now + days * 86_400_000) });
    },
  };
};
