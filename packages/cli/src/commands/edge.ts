import { helpEnd, type Register } from "../verb.ts";
import { addChange } from "./edge-change.ts";
import { addHaproxy } from "./edge-haproxy.ts";
import { addNginx } from "./edge-nginx.ts";
import { addWatch } from "./edge-watch.ts";

/** `causeway edge haproxy|nginx|change|watch`: the engines that stand in front of origins. */
export const registerEdge: Register = (program, context) => {
  const edge = program
    .command("edge")
    .description(
      "Configure HAProxy or nginx in front of origins; docs/outgrow.md walks through it.",
    )
    .addHelpText("after", helpEnd("causeway edge haproxy --dir vendor --out edge/haproxy.cfg"));
  addHaproxy(edge, context);
  addNginx(edge, context);
  addChange(edge, context);
  addWatch(edge, context);
};
