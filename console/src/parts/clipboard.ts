/** Puts a text on the clipboard, also where the browser keeps its clipboard from pages without TLS. */
export async function copyText(text: string): Promise<void> {
  if (navigator.clipboard !== undefined) return navigator.clipboard.writeText(text);
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "only-read";
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
}
