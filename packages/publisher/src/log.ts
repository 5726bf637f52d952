/** A line for the person who runs the command. */
export interface LogLine {
  readonly level: "info" | "warning";
  readonly message: string;
}

/** Takes lines as they come. Must not throw. */
export type Log = (line: LogLine) => void;

export const silent: Log = () => undefined;
