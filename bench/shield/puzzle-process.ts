import { createHmac, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import { issueTicket, type SigningKey } from "../../packages/origin/src/shield/ticket.ts";
import { TicketVerifier } from "../../packages/origin/src/shield/ticket-verifier.ts";
import { filesInMemory } from "./files-in-memory.ts";
import { isSolved, puzzlePage } from "./puzzle.ts";

// `node puzzle-process.ts PORT TREE KEY AUDIENCE PATH...`: files from memory for whoever shows a
// pass, in a cookie; a puzzle for all others. A challenge is the HMAC of an address, as Anubis
// makes one of what it knows of its visitor, so that nothing is remembered.

const [port = "", tree = "", keyText = "", aud = "", ...paths] = process.argv.slice(2);
const key = JSON.parse(keyText) as SigningKey;
const passes = new TicketVerifier(aud);
passes.setKeys([key]);
const bodies = filesInMemory(tree, paths);

const server = createServer((request, response) => {
  const { pass, solution } = shown(request);
  const nowSeconds = Date.now() / 1000;
  if (pass !== undefined && passes.verify(pass, nowSeconds) !== undefined) {
    const body = bodies.get(request.url ?? "");
    response.writeHead(body === undefined ? 404 : 200, { "Content-Length": body?.length ?? 0 });
    response.end(body);
    return;
  }
  const challenge = createHmac("sha256", key.secret)
    .update(request.socket.remoteAddress ?? "")
    .digest("hex");
  const [claimed, number = ""] = solution?.split(".") ?? [];
  if (claimed === challenge && isSolved(challenge, number)) {
    const sub = randomBytes(16).toString("base64url");
    const since = Math.floor(nowSeconds);
    const fresh = issueTicket({ aud, sub, since, exp: since + 86_400 }, key);
    response.writeHead(200, { "Set-Cookie": `pass=${fresh}`, "Content-Length": 0 }).end();
    return;
  }
  const text = puzzlePage(challenge);
  response.writeHead(200, { "Content-Type": "text/html", "Content-Length": text.length });
  response.end(text);
});
server.listen(Number(port), "127.0.0.1");

function shown({ headers }: IncomingMessage): {
  readonly pass: string | undefined;
  readonly solution: string | undefined;
} {
  const pass = /(?:^|; )pass=([\w.-]+)/.exec(headers.cookie ?? "")?.[1];
  const solution = headers["x-solution"];
  return { pass, solution: typeof solution === "string" ? solution : undefined };
}
