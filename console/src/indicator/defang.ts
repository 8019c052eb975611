/** Makes an address unclickable for mail and chat, and back again. */

/** `https://a.example/x` → `hxxps://a[.]example/x`; addresses, domains and mail addresses alike. Paths and hashes stay as they are. */
export function defang(value: string): string {
  return value
    .replace(/\b(h)tt(ps?):\/\//gi, (_, first: string, rest: string) => `${first}xx${rest}://`)
    .replace(/\b(f)tp:\/\//gi, "$1xp://")
    .replace(/@(?=[\p{L}\p{N}-]+\.)/gu, "[@]")
    .replace(HOST, (host) => (isHost(host) ? host.replaceAll(".", "[.]") : host))
    .replace(IPV6, (address) => (address.includes("::") || address.split(":").length === 8 ? address.replaceAll(":", "[:]") : address));
}

const HOST = /(?<![\p{L}\p{N}\\/._-])(?:[\p{L}\p{N}_](?:[\p{L}\p{N}_-]*[\p{L}\p{N}_])?\.)+[\p{L}\p{N}-]{2,}\.?(?![\p{L}\p{N}\\._-])|(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])|(?<=:\/\/)[^/\s:]+/gu;
const IPV6 = /(?<![\p{L}\p{N}:])(?:[0-9a-f]{1,4}:){2,7}(?::?[0-9a-f]{1,4}){0,7}(?![\p{L}\p{N}:])/giu;
/** Endings that are files far more often than top-level domains where no scheme stands before them. */
const FILE_ENDINGS = new Set(
  "exe dll sys ps1 psm1 bat cmd vbs js jse wsf hta lnk msi tmp txt log dat ini xml json yaml yml csv doc docx docm xls xlsx xlsm ppt pptx pdf zip rar 7z cab iso img scr ocx cpl jar py sh evtx png jpg gif htm html".split(" "),
);

function isHost(text: string): boolean {
  if (/^[\d.]+$/.test(text)) return text.split(".").length === 4;
  const ending = text.replace(/\.$/, "").split(".").at(-1)?.toLowerCase() ?? "";
  return !FILE_ENDINGS.has(ending);
}
