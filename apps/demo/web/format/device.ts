export interface Device {
  /** `Firefox on Windows` */
  readonly name: string;
  readonly kind: 'computer' | 'phone' | 'program';
}

// the first match wins: every browser also names older browsers
const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/\bEdg/, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bFirefox\/|\bFxiOS\//, 'Firefox'],
  [/Chrome\/|\bCriOS\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
];
const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b|\bMacintosh\b/, 'macOS'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bLinux\b/, 'Linux'],
];

/** A guess for display only; no decision depends on it. */
export function describeDevice(userAgent: string | null | undefined): Device {
  if (!userAgent) return { name: 'Unknown device', kind: 'program' };
  const browser = BROWSERS.find(([pattern]) => pattern.test(userAgent))?.[1];
  const system = SYSTEMS.find(([pattern]) => pattern.test(userAgent))?.[1];
  if (!browser)
    return { name: userAgent.split(/[ /]/)[0]?.slice(0, 30) || 'Unknown device', kind: 'program' };
  return {
    name: system ? `${browser} on ${system}` : browser,
    kind: system === 'iPhone' || system === 'Android' || system === 'iPad' ? 'phone' : 'computer',
  };
}
