import type { FloodJob, FloodKind } from "./flood-job.ts";

const manyRanges = Array.from({ length: 150 }, (_, at) => `${at * 1000}-${at * 1000 + 1}`).join(
  ",",
);

const requestsOf: Readonly<Record<FloodKind, (job: FloodJob) => readonly string[]>> = {
  root: () => [request("/")],
  patch: ({ paths }) => [request(paths.patch)],
  ranges: ({ paths }) => [request(paths.patch, `Range: bytes=${manyRanges}`)],
  bogus: ({ paths, passes }) => passes.bogus.map((pass) => request(paths.patch, pass)),
  stolen: ({ paths, passes }) => [request(paths.patch, passes.stolen)],
  new: () => [request("/metadata/timestamp.json", "Connection: close")],
  slowloris: () => ["GET / HTTP/1.1\r\nHost: route.example\r\n"], // and never the end of it
  drip: ({ paths }) => [request(paths.large)],
};

/** The texts that the bots of a job send in turns. */
export function floodRequests(job: FloodJob): readonly string[] {
  return requestsOf[job.kind](job);
}

function request(path: string, ...headers: readonly string[]): string {
  const lines = [`GET ${path} HTTP/1.1`, "Host: route.example", "Accept: */*", ...headers];
  return `${lines.join("\r\n")}\r\n\r\n`;
}
