/** The number that names a tenant; undefined where the text is none. */
export function parseTenant(text: unknown): number | undefined {
  return /^[1-9]\d{0,15}$/.test(String(text)) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined;
}
