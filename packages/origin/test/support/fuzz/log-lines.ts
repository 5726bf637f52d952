const events = new Set([
  "serving",
  "stopped",
  "request-refused",
  "connection-refused",
  "connection-dropped",
  "log-lines-dropped",
]);

/**
 * One line of the log is one JSON object in printable ASCII, of an event of ours, and with no more
 * than its own fields at the top: whatever a request said stays within a string.
 * @throws {Error}
 */
export function checkLogLine(line: string): void {
  const shown = line.slice(0, 300);
  if (!/^[\x20-\x7e]+$/.test(line)) throw new Error(`a line of the log: ${JSON.stringify(shown)}`);
  const entry: unknown = JSON.parse(line);
  const { event, level } = entry as { readonly event?: unknown; readonly level?: unknown };
  if (!events.has(String(event))) throw new Error(`an event of the log: ${shown}`);
  if (level !== "info" && level !== "warn") throw new Error(`trouble in the log: ${shown}`);
  if (line.length > 2_000) throw new Error(`a long line of the log: ${shown}`);
}
