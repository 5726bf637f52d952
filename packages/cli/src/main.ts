/** Runs one command line. @returns the exit code */
export async function main(args: readonly string[]): Promise<number> {
  process.stderr.write(`causeway ${args.join(" ")}: not built yet\n`);
  return 2;
}
