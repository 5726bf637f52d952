import { edgeLimits as limits } from "./edge-limits.ts";
import { edgeFiles } from "./edge-names.ts";
import { isOpenAcl } from "./open-rules.ts";

const words = 'content-type "text/plain; charset=utf-8"';
const plain = "hdr Cache-Control no-cache hdr Access-Control-Allow-Origin *";

/**
 * Rules that answer a retired name and what no client of a file server sends, and name what is left.
 * An answer at once is an invitation to ask again: each address gets a few, and then waits for them.
 */
export function haproxyStrays(): readonly string[] {
  const closed = `!${isOpenAcl("address-shares")}`;
  const answer = (reply: string, condition: string): readonly string[] => [
    `  http-request tarpit ${reply} if ${condition} often ${closed}`,
    `  http-request return ${reply} if ${condition}`,
  ];
  return [
    "  # A retired name is answered before anything else is done, and what no client of files sends.",
    `  acl retired req.hdr(host),host_only,rtrim(.),map_str(${edgeFiles.retired}) -m found`,
    "  acl reads method GET HEAD",
    "  acl has_body req.hdr(transfer-encoding) -m found",
    "  acl has_body req.hdr_val(content-length) gt 0",
    "  acl metadata path,url_dec -m beg /metadata/",
    "  acl files path,url_dec -m beg /targets/",
    "  acl page path,url_dec -m beg /security/",
    // Each check for something new begins with these, and none of them is long.
    "  acl small path,url_dec -m str /metadata/timestamp.json",
    "  acl small path,url_dec -m end .root.json",
    `  http-request track-sc1 src,ipmask(32,64) table strays ` +
      "if retired or !reads or has_body or !metadata !files !page",
    `  acl often sc1_http_req_rate gt ${limits.strayShare}`,
    ...answer(
      `status 503 ${words} string "This name is retired. Use another route." ` +
        "hdr Retry-After 3600 hdr Connection close",
      "retired",
    ),
    ...answer(
      `status 405 ${words} string "Only GET and HEAD are served." hdr Allow "GET, HEAD" ${plain}`,
      "!reads",
    ),
    ...answer(
      `status 413 ${words} string "Requests with a body are not served." hdr Connection close ${plain}`,
      "has_body",
    ),
    ...answer(
      `status 404 ${words} string "There is no such file here." ${plain}`,
      "!metadata !files !page",
    ),
  ];
}
