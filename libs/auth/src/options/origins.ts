export function isOrigin(given: string): boolean {
  const parsed = URL.canParse(given) ? new URL(given) : undefined;
  return parsed !== undefined && /^https?:$/.test(parsed.protocol) && parsed.origin === given;
}
