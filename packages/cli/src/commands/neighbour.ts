import { setTimeout } from "node:timers/promises";
import { nodePorts } from "@causeway/client/node";
import { descriptorLog } from "@causeway/origin";
import { aborted } from "../interrupt.ts";
import { defaultStateFolder } from "../state-folder.ts";
import { addVerb, type Context, type Register } from "../verb.ts";
import { wholeNumber } from "../whole-number.ts";

interface NeighbourVerbOptions {
  readonly state: string;
  readonly port?: number;
  readonly uploadLimit: number;
}

const notes = `
It serves what "bundle apply" and "get --neighbours" have put into the state, and nothing else, to
machines of the same networks alone. docs/neighbours.md tells what they learn.
`;
const uploadLimit = { min: 65_536, max: 100_000_000_000, usual: 10_000_000 } as const;
const stopGraceMs = 10_000;
const toldMsMax = 2_000;

/** `causeway neighbour`: one more route for the machines around. */
export const registerNeighbour: Register = (program, context) => {
  addVerb(
    program,
    "neighbour",
    "Serve what this machine holds to others of its network.",
    "causeway neighbour --upload-limit 2000000",
    notes,
  )
    .option("--state <dir>", "what is trusted and held", defaultStateFolder())
    .option("--port <port>", "where to listen (default: a free one)", wholeNumber(0, 65_535))
    .option(
      "--upload-limit <bytes>",
      "bytes per second, to all together",
      wholeNumber(uploadLimit.min, uploadLimit.max),
      uploadLimit.usual,
    )
    .action((options: NeighbourVerbOptions) => serve(options, context));
};

async function serve(
  { state, port = 0, uploadLimit: uploadBytesPerSecond }: NeighbourVerbOptions,
  { terminal, signal }: Context,
): Promise<void> {
  const { serveNeighbour } = await import("@causeway/neighbour"); // no other command loads it
  const ports = nodePorts();
  const neighbour = await serveNeighbour({
    stateFolder: state,
    port,
    uploadBytesPerSecond,
    ports,
    log: descriptorLog(process.stderr.fd),
  });
  try {
    const { folder, repository, isHolding } = neighbour;
    terminal.result(
      { port: neighbour.port, folder, repository },
      `serving ${folder} to neighbours, at port ${neighbour.port}; Ctrl-C ends it`,
    );
    if (isHolding) {
      if (!(await isTold(neighbour, signal))) {
        terminal.warn(
          "no network hears of it: this machine is on none, or UDP port 5353 is taken.",
        );
      }
    } else {
      terminal.warn("it holds nothing yet: use bundle apply, or get --neighbours.");
      // Nobody is told of what holds nothing, so that who could hear is all that can be known.
      if (!neighbour.isOnNetwork) terminal.warn("no network hears of it: this machine is on none.");
    }
    await aborted(signal);
  } finally {
    await neighbour.close(stopGraceMs);
    ports.transport.close();
  }
}

/** Whether any network is told of it, soon after its start. */
async function isTold(
  neighbour: { readonly networks: number },
  signal: AbortSignal,
): Promise<boolean> {
  const until = performance.now() + toldMsMax;
  while (neighbour.networks === 0 && performance.now() < until && !signal.aborted) {
    await setTimeout(100);
  }
  return neighbour.networks > 0 || signal.aborted;
}
