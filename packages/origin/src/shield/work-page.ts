import { workLifeSeconds } from "./work-puzzle.ts";

/** The cookie that shows a solution. */
export const workCookie = "causeway-work";

/**
 * The part of a page that has a browser solve `challenge` and come back, or come back after
 * `seconds` where it has solved one. Where there is no Web Crypto (plain http) it does nothing.
 * Short, since the whole page has less than a KiB.
 */
export function workScript(challenge: string, seconds: number): string {
  const bits = Number(challenge.split(".")[1]);
  const again = `setTimeout(()=>location.reload(),${seconds}e3)`;
  const solve =
    "(async()=>{for(let n=0;;n+=256){" +
    "let a=await Promise.all([...Array(256)].map((_,i)=>s.digest('SHA-256'," +
    `new TextEncoder().encode(c+(n+i))))),i=a.findIndex(d=>Math.clz32(new DataView(d).getInt32())>=${bits});` +
    `if(i>=0){document.cookie='${workCookie}='+c+(n+i)+';path=/;samesite=lax;max-age=${workLifeSeconds}';` +
    "return location.reload()}}})()";
  const begin = `const c='${challenge}.',s=crypto.subtle`;
  const seen = `document.cookie.includes('${workCookie}=')`;
  return `<script>${begin};s&&(${seen}?${again}:${solve})</script>`;
}
