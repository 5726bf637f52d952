const lengthMax = 3_000; // some fields of 256 characters, of which each may be written as six

/**
 * One line of the log is one JSON object in printable ASCII, and tells of an event; `forged` is the
 * one that requests of a fuzzing run try to put there. Whatever a request said stays in a string.
 * @throws {Error}
 */
export function checkLogLine(line: string): void {
  const shown = line.slice(0, 300);
  if (!/^[\x20-\x7e]+$/.test(line)) throw new Error(`a line of the log: ${JSON.stringify(shown)}`);
  const entry = JSON.parse(line) as Readonly<Record<string, unknown>>;
  const event = String(entry["event"]);
  if (!/^[a-z-]+$/.test(event) || event === "forged") throw new Error(`an event: ${shown}`);
  if (entry["level"] === "error") throw new Error(`trouble in the log: ${shown}`);
  if (Number.isNaN(Date.parse(String(entry["time"])))) throw new Error(`no time: ${shown}`);
  if (line.length > lengthMax) throw new Error(`a long line of the log: ${shown}`);
}
